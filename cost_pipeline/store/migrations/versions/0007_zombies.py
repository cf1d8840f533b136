"""The life of idle resources."""

from cost_pipeline.store.migrations.apply import apply_sql_beside

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Adds it to the schema."""
    apply_sql_beside(__file__)
