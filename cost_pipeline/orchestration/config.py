"""The run config of a day, and the tenants it is for."""

from typing import Literal

from dagster import Config
from pydantic import Field

from cost_pipeline.store.database import Database


class DayConfig(Config):  # type: ignore[misc]
    """Which files a run reads, and whose."""

    mode: str = Field(
        default="full",
        description="full: read every file of the day again. live: only those not read yet.",
        pattern="^(full|live)$",
    )
    tenant_id: str | None = Field(default=None, description="One tenant; all where it is not set.")
    sweep: bool = Field(
        default=True, description="Whether `inventory` may call AWS (zombie checks)."
    )

    @property
    def live(self) -> bool:
        """Whether only pending files are read, and alerts may go out."""
        return self.mode == "live"

    def tenants(self, database: Database) -> list[str]:
        """The tenants that the run is for."""
        if self.tenant_id:
            return [self.tenant_id]
        return [row["tenant_id"] for row in database.tenants()]


Mode = Literal["full", "live"]
