"""Certificates of agents that are let in no longer: a line of JSON each, in the folder of keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from cost_pipeline.agent.certificates import CertificateError, Certified
from cost_pipeline.core.ready import ready

NAME = "revoked.jsonl"


@ready
class Revoked(msgspec.Struct, frozen=True):
    """Whatever was issued to this agent of this tenant before a moment."""

    name: str
    tenant_id: str
    before: datetime


@dataclass(slots=True)
class Revocations:
    """What `agent revoke` wrote into a folder; read again whenever it changes.

    Raises `CertificateError` where a line cannot be read: then nobody is let in.
    """

    folder: Path
    _seen: tuple[int, int] | None = None
    _all: tuple[Revoked, ...] = ()

    def revoke(self, name: str, tenant_id: str, now: datetime) -> None:
        """Lets in no certificate that was issued to this agent until now; later ones are."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / NAME).open("ab") as file:
            file.write(msgspec.json.encode(Revoked(name, tenant_id, now)) + b"\n")

    def all(self) -> tuple[Revoked, ...]:
        """What is revoked now."""
        path = self.folder / NAME
        try:
            found = path.stat()
        except FileNotFoundError:
            self._seen, self._all = None, ()
            return self._all
        seen = (found.st_mtime_ns, found.st_size)
        if seen != self._seen:
            self._all, self._seen = _read(path), seen
        return self._all

    def holds(self, certified: Certified) -> bool:
        """Whether a certificate is revoked."""
        return any(
            one.name == certified.identity.name
            and one.tenant_id == certified.identity.tenant_id
            and certified.issued_at <= one.before
            for one in self.all()
        )


def _read(path: Path) -> tuple[Revoked, ...]:
    try:
        lines = path.read_bytes().splitlines()
        return tuple(msgspec.json.decode(line, type=Revoked) for line in lines if line.strip())
    except msgspec.DecodeError as error:
        raise CertificateError(
            f"{path} cannot be read ({error}); no agent is let in until it is mended."
        ) from error
