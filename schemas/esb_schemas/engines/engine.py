"""A server that can stand behind a backing service."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from esb_schemas.backends import Backend, backend

# Variables of .env, in Compose's syntax.
ACCESS_KEY: Final = "${ESB_ACCESS_KEY_ID:?run esb build again}"
SECRET_KEY: Final = "${ESB_SECRET_ACCESS_KEY:?run esb build again}"  # noqa: S105 - a variable
CERTIFICATE: Final = "${ESB_ENGINE_CERTIFICATE:?run esb build again}"  # with its key, as PEM in Base64
S3_IDENTITIES: Final = "ESB_S3_IDENTITIES"  # of .env: pairs of credentials of the stack and of each function

EXTERNAL: Final = "external"  # in place of an engine's name: a server that is there already
BY_THE_GATEWAY: Final = "the host machine's port leads through the gateway, which checks signatures"


class Health(NamedTuple):
    """Compose's health check; times in seconds."""

    test: tuple[str, ...]
    interval: int = 5
    timeout: int = 5
    retries: int = 24
    start_period: int | None = None


class Engine(NamedTuple):
    """A server that can stand behind the backing service `service`.

    `image` is pinned by its exact version, and `pinned_image` by its digest, too, if `nox -s digests` could ask for it.
    How Compose starts it: `entrypoint`, if it is not the image's, `command`, `environment` with values in Compose's own
    syntax, a `volume` at `data`, and a `user` if it is not the image's.
    `capabilities` are names of CAPABILITIES; `made_up` has those that ESB adds, with how. `memory` is what docker
    stats shows when it is idle, in MB, if it was measured. `tested`: whether the end-to-end tests run it; other rows
    are from the server's documentation. `webhook` is the further environment by which it sends changes of objects to
    the service `storage-events`.
    """

    service: str
    name: str
    image: str
    volume: str
    data: str
    command: tuple[str, ...]
    health: Health
    capabilities: frozenset[str]
    purpose: str
    licence: str
    memory: int | None
    tested: bool
    made_up: Mapping[str, str] = MappingProxyType({})
    entrypoint: tuple[str, ...] = ()
    environment: Mapping[str, str] = MappingProxyType({})
    user: str | None = None
    cap_drop: tuple[str, ...] = ("ALL",)
    cap_add: tuple[str, ...] = ()
    no_new_privileges: bool = True
    read_only: bool = False
    tmpfs: Mapping[str, int] = MappingProxyType({})  # MB, by path
    init: bool = False
    stop_grace: int | None = None  # seconds, if not Docker's 10
    webhook: Mapping[str, str] = MappingProxyType({})

    @property
    def backend(self) -> Backend:
        """The row of the backing service."""
        return backend(self.service)

    @property
    def pinned_image(self) -> str:
        """The image with its digest, if it is known."""
        digest = _DIGESTS.get(self.image)
        return self.image if digest is None else f"{self.image}@{digest}"

    @property
    def is_external(self) -> bool:
        """Whether it is a server that people run themselves, at the URL of the backing service's `url_variable`."""
        return self.name == EXTERNAL


_DIGESTS: Final[Mapping[str, str]] = json.loads(
    Path(__file__).with_name("image_digests.json").read_text(encoding="utf-8")
)
