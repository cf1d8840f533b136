"""Trails that arrive by queue, by push and from agents."""

from cost_pipeline.store.migrations.apply import apply_sql_beside

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Adds them to the schema."""
    apply_sql_beside(__file__)
