"""One call that walls a tenant's table off."""

from cost_pipeline.store.migrations.apply import apply_sql_beside

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Creates the function."""
    apply_sql_beside(__file__)
