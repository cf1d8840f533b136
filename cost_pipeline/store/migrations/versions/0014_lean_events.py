"""Cost events without the indexes that nothing reads by."""

from cost_pipeline.store.migrations.apply import apply_sql_beside

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Drops them, and adds the one that stands for the largest."""
    apply_sql_beside(__file__)
