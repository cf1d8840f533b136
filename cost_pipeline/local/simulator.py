"""`python -m cost_pipeline.local.simulator FOLDER SECONDS`: what happens next in the demo."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from cost_pipeline.local.demo import organisation_of
from cost_pipeline.simulate.live import tick


def main(trail: Path, seconds: float) -> None:
    """Writes the organisation's calls as they happen, until the process is ended."""
    organisation = organisation_of(trail)
    while True:
        for path in tick(trail, organisation, datetime.now(UTC)):
            sys.stdout.write(f"{path}\n")
            sys.stdout.flush()
        time.sleep(seconds)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
