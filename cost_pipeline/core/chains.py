"""What often comes before an attack, and becomes part of its story.

A raised quota, an enabled region, a new access key, a model entitlement: none is an anomaly by
itself. Done by the one who launches, or by somebody never seen, within days before the launch,
it raises the severity and stands among the reasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from cost_pipeline.core.detection_model import AnomalyEvent, DayEvent, DetectionSettings
from cost_pipeline.core.detector_state import Prelude
from cost_pipeline.core.model import Reason

_PRELUDES = {
    "RequestServiceQuotaIncrease": "asked for a higher quota",
    "EnableRegion": "enabled a region",
    "CreateAccessKey": "made an access key",
    "CreateLoginProfile": "gave somebody a console password",
    "LeaveOrganization": "took the account out of its organisation",
    "PutFoundationModelEntitlement": "asked for the right to use a model",
    "PutUseCaseForModelAccess": "asked for the right to use models",
    "CreateFoundationModelAgreement": "agreed to a model's terms",
}
REFUSED = "refused_calls"
"""The signal that is of a day as a whole, and not of a moment."""
_MOST_NAMED = 5


def is_prelude(event_name: str) -> bool:
    """Whether a call is one that often comes before an attack."""
    return event_name in _PRELUDES


def prelude_of(event: DayEvent, who: str, *, unseen: bool) -> Prelude:
    """What is remembered of such a call."""
    return Prelude(
        event.event_time.timestamp(),
        event.account_id,
        who,
        event.event_name,
        event.region,
        unseen,
        event.resource_ids,
        str(event.id),
        event.event_id,
    )


def before(
    preludes: Sequence[Prelude], account_id: str, who: str, at: float, settings: DetectionSettings
) -> list[Prelude]:
    """The preludes to what `who` does in an account at a moment, oldest first."""
    oldest = at - settings.prelude_hours * 3600
    return sorted(
        one
        for one in preludes
        if one.account_id == account_id
        and oldest <= one.at <= at
        and (one.unseen or who == one.who or who in one.targets)
    )


def prelude_reason(preludes: Sequence[Prelude]) -> Reason:
    """The reason that names what came before."""
    named = [
        f"{one.who} {_PRELUDES[one.event_name]} ({one.event_name}, "
        f"{datetime.fromtimestamp(one.at, tz=UTC):%d %b %H:%M})"
        for one in preludes[:_MOST_NAMED]
    ]
    return Reason(
        "prelude",
        f"Before it, {'; '.join(named)}.",
        value=float(len(preludes)),
        usual=0.0,
        unit="calls",
        weight=0.6,
    )


def refused_reason(actor: str, refused: int) -> Reason:
    """The reason that many of the actor's calls were refused that day."""
    return Reason(
        REFUSED,
        f"AWS refused {refused} costly calls of {actor} on the same day.",
        value=float(refused),
        usual=0.0,
        unit="calls",
        weight=0.5,
    )


def part_of(prelude: Prelude) -> AnomalyEvent:
    """A prelude as one of an anomaly's events."""
    at = datetime.fromtimestamp(prelude.at, tz=UTC)
    return AnomalyEvent(UUID(prelude.cost_event_id), prelude.event_id, at)
