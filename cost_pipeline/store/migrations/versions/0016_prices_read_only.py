"""Prices, which belong to nobody, are read by tenants and written by none."""

from cost_pipeline.store.migrations.apply import apply_sql_beside

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Adds it to the schema."""
    apply_sql_beside(__file__)
