"""Who answers for an anomaly, where that is not its actor."""

from cost_pipeline.store.migrations.apply import apply_sql_beside

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Adds it to the schema."""
    apply_sql_beside(__file__)
