"""Sessions, tokens, breakers and flags."""

from cost_pipeline.store.migrations.apply import apply_sql_beside

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Adds them to the schema."""
    apply_sql_beside(__file__)
