"""A service of the stack answers, called by the gateway: "Create AWS service integrations for HTTP APIs".

The response is the service's own, as AWS's samples show: the document of PutEvents (sample apigw-eventbridge), the XML
of SQS's Query protocol (sample apigw-sqs-lambda-ddb-cdk).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, NamedTuple, TypeAlias

from esb_gateway.apis.api import Integration
from esb_gateway.apis.api_call import ApiCall
from esb_gateway.apis.api_types import Failure
from esb_gateway.apis.responses import InvalidResponse, build_proxied_response
from esb_gateway.aws_client.client import AwsClient
from esb_gateway.aws_client.protocols import ApiProtocol, AwsCallError, JsonProtocol, QueryProtocol
from esb_gateway.integrations.parameter_mapping import RequestValues, ResponseValues, UnresolvedError
from esb_gateway.integrations.response_mapping import Changes, changed
from esb_gateway.integrations.service_requests import (
    InvalidParameterError,
    Template,
    check_text,
    compile_parameter,
    fill,
    put_events,
    sqs_form,
)
from esb_gateway.invocation import Function
from esb_gateway.telemetry.logs import Log
from esb_schemas import contract
from esb_schemas.service_integrations.response_parameters import parse_changes
from esb_schemas.service_integrations.subtypes import SUBTYPES
from esb_wire.http.limits import MAX_BODY
from esb_wire.http.messages import Response

OpenClient: TypeAlias = Callable[[str], AwsClient | None]
"""Gives the client of a service by boto3's name; None if the stack has no server for it."""


class _Dialect(NamedTuple):
    """The protocol in which API Gateway speaks to a service, and what it makes of an integration's parameters.

    Not that of the gateway's own calls: SQS answers in XML here, and events with a source of AWS are refused.
    """

    protocol: ApiProtocol
    parameters: Callable[[Mapping[str, Any]], dict[str, Any]]


_DIALECTS: Final[Mapping[str, _Dialect]] = {
    "events": _Dialect(JsonProtocol("events", "AWSEvents", "1.1"), put_events),
    "sqs": _Dialect(QueryProtocol("sqs", "2012-11-05"), sqs_form),
}


@dataclass(frozen=True, slots=True)
class ServiceCall(Integration):
    """A call of a service. `parameters` by AWS's names, `changes` of the response by its status."""

    subtype: str
    parameters: Mapping[str, Template]
    changes: Changes

    @classmethod
    def compile(cls, entry: contract.ServiceCall, _functions: Mapping[str, Function]) -> ServiceCall:
        return cls(
            entry.subtype,
            {name: compile_parameter(name, value) for name, value in entry.request_parameters.items()},
            {int(status): parse_changes(changes) for status, changes in entry.response_parameters.items()},
        )


class _Failed(Exception):
    """There is no response of the service. `why` is for the client, the text for the log."""

    def __init__(self, why: Failure, reason: str) -> None:
        self.why = why
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class ServiceCallHandler:
    """See `IntegrationHandler`."""

    max_body: ClassVar = MAX_BODY

    open_client: OpenClient
    log: Log

    async def handle(self, integration: ServiceCall, call: ApiCall) -> None:
        values = RequestValues(call)
        try:
            response = await self._response(integration, call, values)
            changes = integration.changes.get(response.status, ())
            response = changed(response, changes, ResponseValues(response, values))
        except _Failed as error:
            self._fail(integration, call, error.why, str(error))
        except InvalidResponse as error:
            self._fail(integration, call, error.why, str(error))
        else:
            call.send(response)

    async def _response(self, integration: ServiceCall, call: ApiCall, values: RequestValues) -> Response:
        service, operation, *_ = SUBTYPES[integration.subtype]
        protocol, parameters_of = _DIALECTS[service]
        try:
            filled = {name: fill(name, template, values) for name, template in integration.parameters.items()}
            parameters = parameters_of(filled)
            check_text(parameters)
        except UnresolvedError as error:
            raise _Failed(Failure.UNRESOLVED, f"the request has no value for {error}") from None
        except InvalidParameterError as error:
            raise _Failed(Failure.UNRESOLVED, str(error)) from None
        client, route = self.open_client(service), call.match.route
        if client is None:
            raise _Failed(Failure.UNREACHABLE, f"the stack has no server for {service}")
        try:
            async with asyncio.timeout(route.timeout):
                response = await replace(client, service=protocol).forward(operation, parameters)
        except TimeoutError:
            raise _Failed(Failure.TIMED_OUT, f"no answer within {route.timeout:g} s") from None
        except AwsCallError as error:
            raise _Failed(Failure.UNREACHABLE, str(error)) from error
        return build_proxied_response(response.status, response.headers, response.body, route.api)

    def _fail(self, integration: ServiceCall, call: ApiCall, why: Failure, reason: str) -> None:
        level = "WARN" if why is Failure.UNRESOLVED else "ERROR"
        self.log("gateway", level, {"message": f"{call.match.route.key} {integration.subtype}: {reason}"})
        call.fail(why)
