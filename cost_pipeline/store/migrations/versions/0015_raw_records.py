"""Raw records among what people ask for."""

from cost_pipeline.store.migrations.apply import apply_sql_beside

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Adds it to the schema."""
    apply_sql_beside(__file__)
