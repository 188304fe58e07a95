"""The gateway itself answers with a static response: "Mock integrations for REST APIs" in API Gateway's guide.

A mapping template is never applied: the generator omits routes that need one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from esb_gateway.apis.api import Integration
from esb_gateway.apis.api_call import ApiCall
from esb_gateway.invocation import Function
from esb_schemas import contract
from esb_wire.http.limits import MAX_BODY
from esb_wire.http.messages import Response


@dataclass(frozen=True, slots=True)
class Mock(Integration):
    """The response to every request."""

    response: Response

    @classmethod
    def compile(cls, entry: contract.Mock, _functions: Mapping[str, Function]) -> Mock:
        return cls(Response(entry.status, tuple(entry.headers.items()), entry.body.encode()))


class MockHandler:
    """See `IntegrationHandler`."""

    max_body: ClassVar = MAX_BODY

    def handle(self, integration: Mock, call: ApiCall) -> None:
        call.send(integration.response)
