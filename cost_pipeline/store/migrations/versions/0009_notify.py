"""Routing, quiet hours and links."""

from cost_pipeline.store.migrations.apply import apply_sql_beside

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Adds them to the schema."""
    apply_sql_beside(__file__)
