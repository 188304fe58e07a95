"""The servers that a stack can be built on: which image, and which volume holds its data.

How each is started and asked for its health is in compose-templates/, in a file of the server's name. Different servers
never share a volume: none of them can read another's files.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Server(NamedTuple):
    """One server; `image` as Compose reads it, so that a closed network can name its own copy."""

    name: str
    image: str
    volume: str


def _server(name: str, image: str, variable: str, volume: str) -> Server:
    return Server(name, f"${{{variable}:-{image}}}", volume)


def _by_name(*servers: Server) -> Mapping[str, Server]:
    return MappingProxyType({server.name: server for server in servers})


# The first of each is the default.
DATABASES = _by_name(
    _server("scylladb", "scylladb/scylla:2025.1.4", "ESB_DATABASE_IMAGE", "database"),
    _server("dynamodb-local", "amazon/dynamodb-local:2.5.2", "ESB_DATABASE_IMAGE", "database-dynamodb-local"),
)
STORAGES = _by_name(
    _server("rustfs", "rustfs/rustfs:1.0.0-beta.12", "ESB_S3_IMAGE", "s3-storage"),
    _server("minio", "minio/minio:RELEASE.2025-09-07T16-13-09Z", "ESB_S3_IMAGE", "s3-storage-minio"),
)
LOGS = _server("victorialogs", "victoriametrics/victoria-logs:v1.52.0", "ESB_LOGS_IMAGE", "victorialogs")


class Servers(NamedTuple):
    """The servers of one stack."""

    database: Server = DATABASES["scylladb"]
    storage: Server = STORAGES["rustfs"]
    logs: Server = LOGS
