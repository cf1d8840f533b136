"""Definitions that say the same as another, and launches whose answer named nothing."""

from cost_pipeline.store.migrations.apply import apply_sql_beside

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Adds them to the schema."""
    apply_sql_beside(__file__)
