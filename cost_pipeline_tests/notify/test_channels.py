"""Mail and webhooks against servers that really listen, refuse, stall and fail."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cost_pipeline.notify.channels import Console, DeliveryError, Mail, Slack, channels_from
from cost_pipeline.notify.message import Attachment, Message
from cost_pipeline.settings import Settings
from cost_pipeline_tests.fixtures.ports import free_port
from cost_pipeline_tests.notify.conftest import Mailbox, Webhook

_MESSAGE = Message(
    subject="[high] ada started <!channel> 3 × p4d",
    text="plain",
    html="<p>rich</p>",
    dedup_key="a/1/email",
    attachments=(Attachment("a.csv", b"x\n1\n", "text/csv"),),
)


def _mail(server: Mailbox, **options: object) -> Mail:
    fields = {"starttls": False, **options}
    return Mail(server.host, server.port, "cost@x.test", ("a@x.test", "b@x.test"), **fields)  # type: ignore[arg-type]


def test_a_mail_has_text_html_attachment_and_a_stable_id(
    mail_server: Callable[..., Mailbox],
) -> None:
    server = mail_server()
    _mail(server).send(_MESSAGE)
    _mail(server).send(_MESSAGE)
    first, second = server.mails
    assert first["Message-ID"] == second["Message-ID"]
    types = [part.get_content_type() for part in first.walk() if not part.is_multipart()]
    assert types == ["text/plain", "text/html", "text/csv"]
    assert first["To"] == "a@x.test, b@x.test"


def test_a_line_break_in_a_name_does_not_add_a_header(mail_server: Callable[..., Mailbox]) -> None:
    server = mail_server()
    _mail(server).send(Message("ada\r\nBcc: eve@x.test", "t", "h", "k"))
    assert server.mails[0]["Bcc"] is None


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_mail_logs_in(mail_server: Callable[..., Mailbox]) -> None:
    server = mail_server(login=True, auth_require_tls=False)
    _mail(server, user="bot", password="right").send(_MESSAGE)
    assert server.logins == ["bot"]
    with pytest.raises(DeliveryError, match="535"):
        _mail(server, user="bot", password="wrong").send(_MESSAGE)


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_starttls_encrypts_and_checks_the_certificate(
    mail_server: Callable[..., Mailbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    server = mail_server(tls_context=context, require_starttls=True)
    server.host = "localhost"
    with pytest.raises(DeliveryError, match="certificate verify failed"):
        _mail(server, starttls=True).send(_MESSAGE)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    _mail(server, starttls=True).send(_MESSAGE)
    assert len(server.mails) == 1


def test_no_mail_goes_out_unencrypted_where_starttls_is_wanted(
    mail_server: Callable[..., Mailbox],
) -> None:
    server = mail_server()
    with pytest.raises(DeliveryError, match="STARTTLS"):
        _mail(server, starttls=True).send(_MESSAGE)
    assert server.mails == []


def test_a_mail_server_that_refuses_or_is_not_there(mail_server: Callable[..., Mailbox]) -> None:
    server = mail_server()
    server.answer = "451 try later"
    with pytest.raises(DeliveryError, match="451"):
        _mail(server).send(_MESSAGE)
    gone = Mailbox(port=free_port())
    with pytest.raises(DeliveryError, match="refused"):
        _mail(gone).send(_MESSAGE)


def test_slack_gets_blocks_and_no_mention_from_a_name(webhook: Webhook) -> None:
    Slack(webhook.url).send(_MESSAGE)
    text = "[high] ada started &lt;!channel&gt; 3 × p4d"
    assert webhook.posts == [{"text": text, "mrkdwn": False}]


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (500, {}, None),
        (429, {"Retry-After": "7"}, 7.0),
        (503, {"Retry-After": "soon"}, None),
        (302, {"Location": "http://127.0.0.1:9/"}, None),
    ],
)
def test_a_webhook_that_says_no(
    webhook: Webhook, status: int, headers: dict[str, str], wait: float | None
) -> None:
    webhook.status, webhook.headers = status, headers
    with pytest.raises(DeliveryError, match=str(status)) as refused:
        Slack(webhook.url).send(_MESSAGE)
    assert refused.value.retry_after == wait


def test_a_webhook_that_names_a_date(webhook: Webhook) -> None:
    later = datetime.now(UTC) + timedelta(seconds=90)
    webhook.status, webhook.headers = 429, {"Retry-After": format_datetime(later, usegmt=True)}
    with pytest.raises(DeliveryError) as refused:
        Slack(webhook.url).send(_MESSAGE)
    assert refused.value.retry_after == pytest.approx(90, abs=5)


def test_a_slow_webhook_and_an_absent_one_keep_the_address_secret(webhook: Webhook) -> None:
    webhook.delay_seconds = 1.0
    absent = f"http://127.0.0.1:{free_port()}/secret-token"
    for url in (webhook.url, absent, "http://no-such-host.invalid/secret-token"):
        with pytest.raises(DeliveryError, match=r"unreachable|in time") as problem:
            Slack(url, timeout_seconds=0.2).send(_MESSAGE)
        assert "secret-token" not in str(problem.value)
        assert "secret-token" not in repr(Slack(url))


def test_the_console_prints_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    Console().send(Message("two\nlines", "", "", "k"))
    assert capsys.readouterr().out == "ALERT two lines\n"


def test_settings_name_the_channels() -> None:
    settings = Settings(
        smtp_host="mail.test", mail_to="a@x.test", slack_webhook_url="https://hooks.test/x"
    )
    assert [channel.name for channel in channels_from(settings)] == ["console", "email", "slack"]
