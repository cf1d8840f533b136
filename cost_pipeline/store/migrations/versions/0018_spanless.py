"""Events without spans, by their id."""

from cost_pipeline.store.migrations.apply import apply_sql_beside

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Adds them to the schema."""
    apply_sql_beside(__file__)
