"""Thresholds by tenant, expected changes, chains."""

from cost_pipeline.store.migrations.apply import apply_sql_beside

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Adds them to the schema."""
    apply_sql_beside(__file__)
