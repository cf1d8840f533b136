"""Previews of limits among what people ask for."""

from cost_pipeline.store.migrations.apply import apply_sql_beside

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Adds it to the schema."""
    apply_sql_beside(__file__)
