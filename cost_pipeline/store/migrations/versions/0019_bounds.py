"""Events that say what a call allows at most, by account and time."""

from cost_pipeline.store.migrations.apply import apply_sql_beside

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Adds them to the schema."""
    apply_sql_beside(__file__)
