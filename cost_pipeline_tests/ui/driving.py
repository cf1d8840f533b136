"""What tests do on a page as people would."""

from typing import Any


def press(shown: Any, label: str) -> Any:
    """Clicks the button of that label, and runs the page again."""
    return next(one for one in shown.button if one.label == label).click().run()
