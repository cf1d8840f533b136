"""Retention and upkeep."""

from cost_pipeline.store.migrations.apply import apply_sql_beside

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Adds it to the schema."""
    apply_sql_beside(__file__)
