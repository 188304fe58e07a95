"""The certificate of the public listener: TLS 1.2 and newer, from two PEM files, which may be replaced at any time.

The files are looked at every few seconds. A new pair is tried on a context of its own first; the one that serves takes
it only then, for new handshakes. Connections that are open keep what they have.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

from esb_gateway.errors import ConfigurationError
from esb_gateway.file_stamps import Stamp, stamp

LOOK = 2.0  # seconds from look to look


class Certificates:
    """A pair of files, and the context that serves with it. Raises ConfigurationError for a pair that is none."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate = certificate
        self._key = key
        self._seen = self._taken = self._stamps()
        self._load(_context())
        self.context = _context()
        self._load(self.context)

    async def follow(self, say: Callable[[str, str], object]) -> None:
        """Take every change until cancelled; `say` gets a level and a sentence for the log."""
        while True:
            await asyncio.sleep(LOOK)
            said = self.look()
            if said is not None:
                say(*said)

    def look(self) -> tuple[str, str] | None:
        """Take the files if they have changed and are as they were at the last look; level and sentence, if so.

        Two files cannot be replaced at once: what has just changed may not be a pair yet.
        """
        now = self._stamps()
        stands_still, self._seen = now == self._seen, now
        if now == self._taken or not stands_still:
            return None
        self._taken = now
        try:
            self._load(_context())
        except ConfigurationError as error:
            return "ERROR", f"certificate refused, the one before it stays: {error}"
        self._load(self.context)
        return "INFO", f"certificate taken: {self._certificate}"

    def _stamps(self) -> tuple[Stamp, Stamp]:
        return stamp(self._certificate), stamp(self._key)

    def _load(self, context: ssl.SSLContext) -> None:
        for path in (self._certificate, self._key):
            try:
                path.open("rb").close()
            except OSError as error:
                raise ConfigurationError(
                    f"{path}: cannot be read ({error.strerror or error}); "
                    "ESB_TLS_CERT and ESB_TLS_KEY name a PEM certificate with its chain and its key."
                ) from error
        try:
            context.load_cert_chain(self._certificate, self._key, password=_no_passphrase)
        except (ssl.SSLError, ValueError) as error:
            reason = getattr(error, "reason", None) or str(error)
            raise ConfigurationError(
                f"{self._certificate}, {self._key}: no certificate and its key ({reason}); "
                "give PEM files that belong together, the key without a passphrase."
            ) from error


def _no_passphrase() -> str:
    raise ValueError("the key has a passphrase")


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context
