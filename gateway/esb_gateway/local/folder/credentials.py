"""The credentials of a stack, from its secrets.env."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from esb_gateway.errors import ConfigurationError
from esb_gateway.local.rooted_paths import read_private
from esb_wire.sigv4 import Credentials

SECRETS: Final = "secrets.env"
ENV_FILE: Final = ".env"  # what Compose fills in
_REQUIRED: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def read_credentials(path: Path) -> dict[str, str]:
    """The credentials and the secret of a stack, by their variables. Raises ConfigurationError."""
    lines = read_private(path).splitlines()
    values = {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines)}
    for name in _REQUIRED:
        if not values.get(name):
            raise ConfigurationError(f"{path}: {name} is missing; move the file away and run esb build.")
    # A folder that was written by hand may have no secret; such a stack issues no keys and no tokens.
    return {name: values[name] for name in (*_REQUIRED, "ESB_RUNTIME_SECRET") if name in values}


class FolderCredentials:
    """The credentials in a file, which a build may write later or anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._credentials = Credentials("", "")

    def __call__(self) -> Credentials:
        """The credentials of the moment. Raises ConfigurationError."""
        try:
            status = self._path.stat()
        except OSError:
            stamp = None
        else:
            stamp = status.st_mtime_ns, status.st_size
        if stamp is None or stamp != self._stamp:
            values = read_credentials(self._path)
            self._credentials = Credentials(values["AWS_ACCESS_KEY_ID"], values["AWS_SECRET_ACCESS_KEY"])
            self._stamp = stamp
        return self._credentials
