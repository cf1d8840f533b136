"""An anomaly in the database, a mail server and a webhook that really listen."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message as ParsedMail
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from psycopg.types.json import Jsonb

from cost_pipeline.store.database import Database
from cost_pipeline_tests.fixtures.ports import free_port

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
TENANT = "default"


@pytest.fixture
def anomaly(database: Database) -> Callable[..., UUID]:
    """Puts an anomaly into the database, or changes one; any column may be given."""

    def put(**changes: Any) -> UUID:
        backfilled = changes.pop("backfilled", False)
        events = changes.pop("events", None)
        row: dict[str, Any] = {
            "id": uuid4(),
            "tenant_id": TENANT,
            "day": NOW.date(),
            "account_id": "111122223333",
            "region": "eu-west-1",
            "actor": "ada",
            "actor_kind": "user",
            "resource_type": "ec2_instance",
            "severity": "high",
            "score": 7.5,
            "first_event_time": NOW - timedelta(hours=1),
            "last_event_time": NOW,
            "trigger_event_id": "e-1",
            "trigger_cost_event": uuid4(),
            "trigger_event_time": NOW - timedelta(hours=1),
            "hourly_cost": 98.32,
            "projected_monthly_cost": 71773.6,
            "one_time_cost": 0,
            "reasons": [{"signal": "z", "sentence": "40 times what is usual for ada."}],
            "title": "ada started 3 × p4d.24xlarge",
        } | changes
        row["reasons"] = Jsonb(row["reasons"])
        names = ", ".join(row)
        values = ", ".join(f"%({name})s" for name in row)
        with database.transaction(TENANT) as conn:
            conn.execute("DELETE FROM anomalies WHERE id = %(id)s", row)
            conn.execute(f"INSERT INTO anomalies ({names}) VALUES ({values})", row)
            conn.execute(
                "INSERT INTO anomaly_detections VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
                [row["id"], TENANT, NOW, backfilled],
            )
            for event in events or [row["trigger_cost_event"]]:
                conn.execute(
                    "INSERT INTO anomaly_events VALUES (%s, %s, %s, 'e-1', %s, %s)"
                    " ON CONFLICT DO NOTHING",
                    [row["id"], event, TENANT, row["day"], NOW],
                )
        return UUID(str(row["id"]))

    return put


@dataclass
class Mailbox:
    """A mail server that keeps what it gets."""

    host: str = "127.0.0.1"
    port: int = 0
    mails: list[ParsedMail] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    answer: str = "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Takes a mail, or refuses it with what the test wants."""
        if self.answer.startswith("250"):
            content = envelope.content
            self.mails.append(message_from_bytes(content if isinstance(content, bytes) else b""))
        return self.answer

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        """Only one password is right."""
        self.logins.append(data.login.decode())
        return AuthResult(success=data.password == b"right", handled=False)


@pytest.fixture
def mail_server() -> Iterator[Callable[..., Mailbox]]:
    """Starts a mail server; options go to aiosmtpd."""
    controllers: list[Controller] = []

    def start(**options: Any) -> Mailbox:
        mailbox = Mailbox()
        if options.pop("login", False):
            options |= {"authenticator": mailbox.authenticate, "auth_required": True}
        mailbox.port = free_port()
        controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port, **options)
        controller.start()
        controllers.append(controller)
        return mailbox

    yield start
    for controller in controllers:
        controller.stop()


@dataclass
class Webhook:
    """A receiver that keeps what is posted, and answers as the test wants."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    posts: list[dict[str, Any]] = field(default_factory=list)
    seen: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    hook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(hook.delay_seconds)
            hook.posts.append(json.loads(body))
            hook.seen.append((dict(self.headers), body))
            self.send_response(hook.status)
            for name, value in hook.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    hook.url = f"http://127.0.0.1:{server.server_address[1]}/secret-token"
    yield hook
    server.shutdown()
    server.server_close()
    thread.join()
