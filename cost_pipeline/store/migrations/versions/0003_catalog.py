"""What joins across records need."""

from cost_pipeline.store.migrations.apply import apply_sql_beside

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds it to the schema."""
    apply_sql_beside(__file__)
