"""A server that can be a backing service."""

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

EXTERNAL: Final = "external"  # instead of an engine's name: a server that exists already
GATEWAY_CHECKS_SIGNATURES: Final = "the gateway publishes the port and checks signatures"


class Health(NamedTuple):
    """Compose's health check; times in seconds."""

    test: tuple[str, ...]
    interval: int = 5
    timeout: int = 5
    retries: int = 24
    start_period: int | None = None


class Engine(NamedTuple):
    """A server that can be the backing service `service`.

    `image` is pinned by its exact version, and `pinned_image` also by its digest, if `nox -s digests` could get it.
    Compose starts it with `command`, with `entrypoint` and `user` unless they are the image's, with `environment`,
    whose values have Compose's syntax, and with a `volume` at `data`.
    `capabilities` are names of CAPABILITIES; `added_by_esb` has those that ESB adds, and how. `memory` is the memory
    of the idle server as docker stats shows it, in MB, if it was measured. `tested`: the end-to-end tests run it; other
    rows are from the server's documentation. `webhook` is additional environment that makes the server send changes of
    objects to the service `storage-events`.
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
    added_by_esb: Mapping[str, str] = MappingProxyType({})
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
        """Whether the user runs the server, at the URL in the backing service's `url_variable`."""
        return self.name == EXTERNAL


_DIGESTS: Final[Mapping[str, str]] = json.loads(
    Path(__file__).with_name("image_digests.json").read_text(encoding="utf-8")
)
