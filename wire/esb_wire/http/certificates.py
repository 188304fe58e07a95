"""The certificate of a listener: TLS 1.2 and newer, from two PEM files that may be replaced at any time.

The files are checked every few seconds. A new pair is first loaded into a separate context; only if that succeeds
is it loaded into the serving context, for new handshakes. Open connections are not affected.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from esb_wire.http.sockets import ListenerError

POLL_INTERVAL = 2.0  # seconds

_Stamp: TypeAlias = tuple[int, int, int] | None


class Certificates:
    """A certificate and its key, and the context that serves with them. Raises ListenerError for an invalid pair."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate = certificate
        self._key = key
        self._seen = self._taken = self._stamps()
        self._load(_context())
        self.context = _context()
        self._load(self.context)

    async def follow(self, report: Callable[[str, str], object]) -> None:
        """Load every change until cancelled; `report` gets a level and a sentence for the log."""
        while True:
            await asyncio.sleep(POLL_INTERVAL)
            news = self.poll()
            if news is not None:
                report(*news)

    def poll(self) -> tuple[str, str] | None:
        """Load the files if they have changed, but not since the last poll; returns a level and a sentence for the log.

        Two files cannot be replaced at once, so files that have just changed may not belong together yet.
        """
        now = self._stamps()
        is_stable, self._seen = now == self._seen, now
        if now == self._taken or not is_stable:
            return None
        self._taken = now
        try:
            self._load(_context())
        except ListenerError as error:
            return "ERROR", f"invalid certificate, the previous one stays in use: {error}"
        self._load(self.context)
        return "INFO", f"certificate taken: {self._certificate}"

    def _stamps(self) -> tuple[_Stamp, _Stamp]:
        return _stamp(self._certificate), _stamp(self._key)

    def _load(self, context: ssl.SSLContext) -> None:
        for path in (self._certificate, self._key):
            try:
                path.open("rb").close()
            except OSError as error:
                raise ListenerError(
                    f"{path}: cannot be read ({error.strerror or error}); "
                    "TLS needs a PEM certificate with its chain, and its key."
                ) from error
        try:
            context.load_cert_chain(self._certificate, self._key, password=_no_passphrase)
        except (ssl.SSLError, ValueError) as error:
            reason = getattr(error, "reason", None) or str(error)
            raise ListenerError(
                f"{self._certificate}, {self._key}: not a certificate and its key ({reason}); "
                "give PEM files that belong together, the key without a passphrase."
            ) from error


def _stamp(path: Path) -> _Stamp:
    """Modification time, inode and size; None if it cannot be read. The inode helps if timestamps are coarse."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def _no_passphrase() -> str:
    raise ValueError("the key has a passphrase")


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context
