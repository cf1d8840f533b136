"""What reservations cost whose purchase does not say it."""

from cost_pipeline.store.migrations.apply import apply_sql_beside

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Adds it to the schema."""
    apply_sql_beside(__file__)
