"""The servers for the contents of resources, with what boto3 adds to clients: uploads in parts."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.session import Session

from esb_provisioner.servers.clients import PLAIN_BODIES, Servers, ServiceCalls, perform
from esb_provisioner.servers.settings import Settings
from esb_provisioner.steps import Answer, ApiCall


class DataServers(Servers):
    """The servers for the contents of resources: any call, and answers that are larger than memory.

    Connections are reused, because each answer can be checked: an item has a type in each value, content has a length
    and a hash.
    """

    config = PLAIN_BODIES

    def __init__(self, settings: Settings, services: Iterable[ServiceCalls]) -> None:
        self._rules = {each.backend.service: each.error_rule for each in services}
        super().__init__(settings, services)

    def __call__(self, call: ApiCall) -> Answer:
        """The answer. Raises ServerError."""
        return perform(getattr(self._clients[call.service], call.operation), self._rules[call.service], call)

    def _session(self) -> Session:
        return _boto3_session()

    def _guard(self, client: Any, config: Config) -> None:
        """Answers are streamed, so they are not read here."""


@cache
def _boto3_session() -> Session:
    """A session whose clients have what boto3 adds, such as uploads in parts."""
    session = Session()
    boto3.Session(botocore_session=session)
    return session
