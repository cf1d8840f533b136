"""What a request may weigh, what it may hold, and how its answer is cached."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from cost_pipeline.api.problems import answer

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 64 * 1024
LARGER: dict[str, int] = {"/v1/push": 64 * 1024 * 1024}
"""Bytes that a request body may have, by the beginning of its path; `MOST_BYTES` elsewhere."""
_MOST_ADDRESS = 8 * 1024
_SECURE_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]


class Limits:
    """Refuses bodies and addresses that are too large, and bytes that no text has."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request that goes beyond, or lets it through with its bytes counted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *_SECURE_HEADERS]}
            await send(message)

        most, headers = _most(scope["path"]), dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > most:
            detail = f"The body may have at most {most:,} bytes."
            await answer(413, detail)(scope, receive, secured)
        elif len(scope["query_string"]) + len(scope["path"]) > _MOST_ADDRESS:
            await answer(414, "The address is too long.")(scope, receive, secured)
        elif b"%00" in scope["query_string"] or "\x00" in scope["path"]:
            await answer(400, "No text of ours has a zero byte.")(scope, receive, secured)
        else:
            await self._app(scope, _counted(receive, most), secured)


def _most(path: str) -> int:
    return next((most for start, most in LARGER.items() if path.startswith(start)), MOST_BYTES)


def _counted(receive: Receive, most: int) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise HTTPException(413, f"The body may have at most {most:,} bytes.")
        return message

    return counted


class EntityTags:
    """Gives JSON answers to GET an ETag, and says 304 to whoever has that one already.

    What is answered depends on who asks, so no shared cache may keep it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Holds back an answer until its tag is known; pages are bounded, so it is small."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        start: Message = {}
        body = b""

        async def held(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                if not _tagged(message):
                    await send(message)
            elif not _tagged(start):
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body"):
                    await _send_tagged(scope, start, body, send)

        await self._app(scope, receive, held)


def _tagged(start: Message) -> bool:
    kind = dict(start["headers"]).get(b"content-type", b"")
    return bool(start["status"] == 200 and kind.startswith(b"application/json"))


async def _send_tagged(scope: Scope, start: Message, body: bytes, send: Send) -> None:
    tag = b'"' + hashlib.sha256(body).hexdigest()[:32].encode() + b'"'
    known = dict(scope["headers"]).get(b"if-none-match", b"")
    same = known.strip() == b"*" or tag in [
        one.strip().removeprefix(b"W/") for one in known.split(b",")
    ]
    headers = [
        *(h for h in start["headers"] if h[0] not in (b"cache-control", b"vary")),
        (b"etag", tag),
        (b"cache-control", b"private, no-cache"),
        (b"vary", b"Authorization"),
    ]
    if same:
        kept = [h for h in headers if h[0] not in (b"content-length", b"content-type")]
        await send({"type": "http.response.start", "status": 304, "headers": kept})
        await send({"type": "http.response.body", "body": b""})
        return
    await send({**start, "headers": headers})
    await send({"type": "http.response.body", "body": body})
