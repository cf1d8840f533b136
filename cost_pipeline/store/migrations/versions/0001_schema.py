"""The tables, their row-level security, and the role that the application works under."""

from cost_pipeline.store.migrations.apply import apply_sql_beside

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Creates the whole schema."""
    apply_sql_beside(__file__)
