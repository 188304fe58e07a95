"""The backing services that run embedded, and how others find them.

moto's database and storage are behind one URL. Each other server has one of its own, and so has ESB's own server,
which not every stack has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from esb_gateway.aws_client.protocols import STORAGE_EVENTS
from esb_gateway.client.environment import service_variables
from esb_schemas.backends import BACKENDS, GATEWAY_URL, NOT_IN_THIS_STACK_URL, Backend, backend

EMBEDDED: Final = tuple(row for row in BACKENDS if row.embedded and not row.own)
OWN: Final = tuple(row for row in BACKENDS if row.own)


@dataclass(frozen=True, slots=True)
class Servers:
    """The URLs of the database and the storage, and of ESB's own server; None if it does not run.

    `engine` is the database itself if it checks no credentials: only the gateway and the provisioner know this URL, and
    `database` leads through the gateway's check. `storage_events` has the events of objects, if the storage has not.
    """

    database: str
    storage: str
    cloud: str | None = None
    engine: str | None = None
    storage_events: str | None = None

    def ready_lines(self) -> str:
        """A line for each service with its URL, as it is printed at the start; one line for ESB's own server."""
        cloud = "" if self.cloud is None else f"{OWN[0].host}: {self.cloud}\n"
        return "".join(f"{row.service}: {url}\n" for row, url in self._stores()) + cloud

    def endpoint_variables(self) -> dict[str, str]:
        """The variables by which the provisioner finds the services."""
        urls = {row.endpoint_variable: url for row, url in self._urls()}
        return urls if self.engine is None else {**urls, backend("dynamodb").endpoint_variable: self.engine}

    def own_endpoints(self) -> dict[str, str]:
        """The URLs of the servers that the gateway itself calls; see `aws_client`."""
        own = {} if self.cloud is None else {row.service: self.cloud for row in OWN}
        tables = dict.fromkeys(("dynamodb", "dynamodbstreams"), self.engine or self.database)
        return {**own, **tables, STORAGE_EVENTS: self.storage_events or self.storage}

    def sdk_variables(self, gateway: str, elsewhere: str) -> dict[str, str]:
        """The variables by which a function's SDK finds the services and the Lambda API.

        `elsewhere` is the URL that refuses requests for every service that the stack lacks.
        """
        services = {variable: url for row, url in self._urls() for variable in row.sdk_variables}
        return {"AWS_ENDPOINT_URL": elsewhere, "AWS_ENDPOINT_URL_LAMBDA": gateway, **services}

    def client_variables(self, gateway: str, elsewhere: str) -> dict[str, str]:
        """The variables by which programs outside the functions find all of it."""
        urls = {row.service: url for row, url in self._urls()}
        return {**service_variables(urls, gateway), **self.sdk_variables(gateway, elsewhere)}

    def moved_urls(self, gateway: str, elsewhere: str) -> dict[str, str]:
        """The URLs that the files of `config/` have for the stack, and those that servers have here."""
        servers = {row.url: url for row, url in self._urls()}
        return {**servers, GATEWAY_URL: gateway, NOT_IN_THIS_STACK_URL: elsewhere}

    def _stores(self) -> Iterator[tuple[Backend, str]]:
        urls = {"dynamodb": self.database, "s3": self.storage}
        yield from ((row, urls[row.service]) for row in EMBEDDED)

    def _urls(self) -> Iterator[tuple[Backend, str]]:
        yield from self._stores()
        if self.cloud is not None:
            yield from ((row, self.cloud) for row in OWN)
