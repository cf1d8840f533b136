"""Why runs failed, by tenant."""

from cost_pipeline.store.migrations.apply import apply_sql_beside

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Adds it to the schema."""
    apply_sql_beside(__file__)
