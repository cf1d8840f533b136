"""Price history and discounts."""

from cost_pipeline.store.migrations.apply import apply_sql_beside

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Adds them to the schema."""
    apply_sql_beside(__file__)
