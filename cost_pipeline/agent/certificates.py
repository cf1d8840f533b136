"""A certificate authority of our own, and the certificates of receiver and agents."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_AGENT_UNIT = "dd0c-cost agent"
_CA_DAYS = 3650
_DAYS = 730
_SKEW = timedelta(minutes=5)


class CertificateError(ValueError):
    """A certificate that is missing or not of the right kind; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who holds a certificate: its name, and for an agent its tenant."""

    name: str
    tenant_id: str | None = None

    def subject(self) -> x509.Name:
        """The certificate's subject."""
        parts = [x509.NameAttribute(NameOID.COMMON_NAME, self.name)]
        if self.tenant_id is not None:
            parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, self.tenant_id))
            parts.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, _AGENT_UNIT))
        return x509.Name(parts)


@dataclass(frozen=True, slots=True)
class Certified:
    """An agent, and when the certificate that it showed was issued."""

    identity: Identity
    issued_at: datetime


def certified_by(pem: bytes) -> Certified | None:
    """The agent that a (verified) client certificate belongs to; None if it is no agent's."""
    certificate = x509.load_pem_x509_certificate(pem)
    identity = _identity(certificate.subject)
    if identity is None:
        return None
    return Certified(identity, certificate.not_valid_before_utc + _SKEW)


def _identity(subject: x509.Name) -> Identity | None:

    def one(oid: x509.ObjectIdentifier) -> str | None:
        found = subject.get_attributes_for_oid(oid)
        return str(found[0].value) if len(found) == 1 else None

    name, tenant_id = one(NameOID.COMMON_NAME), one(NameOID.ORGANIZATION_NAME)
    if one(NameOID.ORGANIZATIONAL_UNIT_NAME) != _AGENT_UNIT or not name or not tenant_id:
        return None
    return Identity(name, tenant_id)


@dataclass(frozen=True, slots=True)
class Held:
    """A private key and its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def write(self, folder: Path, name: str) -> None:
        """Writes `name.key`, readable by its owner alone, and `name.pem`."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        secret = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        handle = os.open(folder / f"{name}.key", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secret)
        pem = self.certificate.public_bytes(serialization.Encoding.PEM)
        (folder / f"{name}.pem").write_bytes(pem)


def authority(folder: Path, now: datetime | None = None) -> Held:
    """The authority in `folder`, made when there is none."""
    if (folder / "ca.key").exists() and (folder / "ca.pem").exists():
        key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
        certificate = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise CertificateError(f"{folder / 'ca.key'} is no key of ours: move it away.")
        return Held(key, certificate)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = Identity("dd0c-cost local authority").subject()
    built = _builder(subject, subject, key, now or datetime.now(UTC), _CA_DAYS)
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    built = built.add_extension(_usage(signs_certificates=True), critical=True)
    made = Held(key, built.sign(key, hashes.SHA256()))
    made.write(folder, "ca")
    return made


def server_certificate(
    ca: Held, hosts: Sequence[str], *, now: datetime | None = None, days: int = _DAYS
) -> Held:
    """A certificate of the receiver, for the names and addresses that agents reach it by."""
    names = x509.SubjectAlternativeName([_host(host) for host in hosts])
    return _issue(
        ca, Identity("dd0c-cost receiver"), ExtendedKeyUsageOID.SERVER_AUTH, now, days, names
    )


def agent_certificate(
    ca: Held, name: str, tenant_id: str, *, now: datetime | None = None, days: int = _DAYS
) -> Held:
    """A certificate of an agent, which sends for one tenant."""
    return _issue(ca, Identity(name, tenant_id), ExtendedKeyUsageOID.CLIENT_AUTH, now, days)


def _issue(
    ca: Held,
    identity: Identity,
    purpose: x509.ObjectIdentifier,
    now: datetime | None,
    days: int,
    names: x509.SubjectAlternativeName | None = None,
) -> Held:
    key = ec.generate_private_key(ec.SECP256R1())
    built = _builder(
        identity.subject(), ca.certificate.subject, key, now or datetime.now(UTC), days
    )
    built = built.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    built = built.add_extension(_usage(signs_certificates=False), critical=True)
    built = built.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    if names is not None:
        built = built.add_extension(names, critical=False)
    return Held(key, built.sign(ca.key, hashes.SHA256()))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
    days: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


@dataclass(frozen=True, slots=True)
class Files:
    """What one side of the connection needs, as PEM."""

    key: bytes
    certificate: bytes
    authority: bytes

    @classmethod
    def read(cls, folder: Path, name: str) -> Files:
        """`name.key`, `name.pem` and `ca.pem` of a folder.

        Raises:
            CertificateError: one is missing.
        """
        found = []
        for file in (f"{name}.key", f"{name}.pem", "ca.pem"):
            path = folder / file
            if not path.is_file():
                raise CertificateError(
                    f"There is no {path}: cost-pipeline agent init makes it; copy the agent's "
                    "folder to where the agent runs."
                )
            found.append(path.read_bytes())
        return cls(*found)
