"""What a region costs against us-east-1, for prices that no list at hand gives there."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from cost_pipeline.core.ready import ready
from cost_pipeline.prices.rules import Found

HOME = "us-east-1"


class Curve(msgspec.Struct, forbid_unknown_fields=True):
    """Multipliers by region; `default` for a region that is not named, if any."""

    multipliers: dict[str, Decimal] = {}
    default: Decimal | None = None


@ready
class Regions(msgspec.Struct, forbid_unknown_fields=True):
    """Curves by kind of price; `compute` where a kind has none of its own."""

    curves: dict[str, Curve]

    def multiplier(self, curve: str, region: str) -> Found | None:
        """The multiplier with its explanation; None for a region that nothing is known of."""
        known = self.curves.get(curve) or self.curves["compute"]
        if region == HOME:
            return Found(Decimal(1), True, "")
        factor = known.multipliers.get(region, known.default)
        if factor is None:
            return None
        note = f" × {factor:f} for {region}" if factor != 1 else " as in us-east-1"
        return Found(factor, False, note)
