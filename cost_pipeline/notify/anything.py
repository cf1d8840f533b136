"""Whatever else apprise knows: Discord, Telegram, Matrix, ntfy, Opsgenie and a hundred more."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from cost_pipeline.core.plain_text import one_line
from cost_pipeline.notify.channel import TIMEOUT_SECONDS, DeliveryError
from cost_pipeline.notify.chat_text import unmentioned
from cost_pipeline.notify.message import Message

# It writes addresses with their keys when something fails.
logging.getLogger("apprise").setLevel(logging.CRITICAL)
_MOST_TEXT = 4000
_HERE_ONLY = ("dbus", "gnome", "kde", "qt", "glib", "macosx", "windows", "syslog", "growl")


@dataclass(frozen=True)
class Anything:
    """An address of apprise; https://appriseit.com/services/ lists them."""

    url: str = field(repr=False)
    name: str = "apprise"
    timeout_seconds: float = TIMEOUT_SECONDS

    def send(self, message: Message) -> None:
        """Hands the message to apprise, as text in which nobody is mentioned."""
        import apprise  # takes more than a second to load

        target = apprise.Apprise()
        if not target.add(with_timeouts(self.url, self.timeout_seconds)):
            raise DeliveryError("apprise does not know this address")
        taken = target.notify(
            title=unmentioned(one_line(message.subject)),
            body=unmentioned(message.text[:_MOST_TEXT]),
            body_format=apprise.NotifyFormat.TEXT,
        )
        if not taken:
            scheme = self.url.partition(":")[0]
            raise DeliveryError(f"the service behind {scheme}:// did not take it")


def with_timeouts(url: str, seconds: float) -> str:
    """The address with our time limits for connecting and reading.

    >>> with_timeouts("ntfy://topic", 10)
    'ntfy://topic?cto=10&rto=10'
    """
    joint = "&" if "?" in url else "?"
    return f"{url}{joint}cto={seconds:g}&rto={seconds:g}"


def check(url: str) -> None:
    """Goes on quietly where apprise knows the address.

    Raises:
        ValueError: it does not, or it is one of this machine's desktop.
    """
    import apprise

    scheme = url.partition("://")[0].lower()
    if scheme in _HERE_ONLY or not apprise.Apprise().add(url):
        raise ValueError(
            f"apprise knows no address like {scheme}://…; see https://appriseit.com/services/"
        )
