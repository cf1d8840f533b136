"""The tables, their row-level security, and the role that the application works under."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Creates the whole schema from the SQL file beside this one."""
    sql = Path(__file__).with_name("0001_schema.sql").read_text()
    connection = op.get_bind().connection.driver_connection
    if connection is None:
        raise RuntimeError("the migration needs an open connection")
    connection.execute(sql)
