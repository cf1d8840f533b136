"""What migrations share: each runs the SQL file that lies beside it."""

from pathlib import Path

from alembic import op


def apply_sql_beside(migration: str) -> None:
    """Runs the SQL file of the same name as the migration.

    Raises:
        RuntimeError: there is no open connection, as when Alembic only writes a script.
    """
    sql = Path(migration).with_suffix(".sql").read_text(encoding="utf-8")
    connection = op.get_bind().connection.driver_connection
    if connection is None:
        raise RuntimeError("the migration needs an open connection")
    connection.execute(sql)
