"""What a caller may do: the scopes of an API token, and those that a role stands for."""

from __future__ import annotations

from typing import Literal, get_args

from cost_pipeline.store.users import Role

Scope = Literal["read", "decide", "govern", "push", "metrics"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""read: look. decide: feedback and ignoring. govern: panic, mode, flags, breakers, channels.
push: hand in CloudTrail files. metrics: Prometheus alone."""

OF_ROLE: dict[Role, frozenset[Scope]] = {
    "viewer": frozenset({"read", "metrics"}),
    "operator": frozenset({"read", "metrics", "decide"}),
    "admin": frozenset(SCOPES),
}


def parse_scopes(text: str) -> list[Scope]:
    """Scopes as a person writes them, with commas.

    >>> parse_scopes("read, push")
    ['read', 'push']

    Raises:
        ValueError: one of them does not exist, or there is none.
    """
    wanted = [part.strip() for part in text.split(",") if part.strip()]
    unknown = [part for part in wanted if part not in SCOPES]
    if unknown or not wanted:
        raise ValueError(
            f"'{', '.join(unknown)}' is no scope; there are {', '.join(SCOPES)}"
            if unknown
            else f"name at least one scope of {', '.join(SCOPES)}"
        )
    return [scope for scope in SCOPES if scope in wanted]
