"""The terminal that everything is printed on: no text from outside steers it."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from cost_pipeline.core.plain_text import visible


class Terminal(Console):
    """A console on which control codes within text are written out, not sent."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """What is to be printed; codes are left only where Rich itself put them."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(visible(segment.text), segment.style)
