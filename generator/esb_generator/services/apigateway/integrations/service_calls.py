"""Integrations of HTTP APIs that call a service without a function: SQS-SendMessage, EventBridge-PutEvents and so on.

"Create AWS service integrations for HTTP APIs" and "Integration subtype reference" in API Gateway's guide. Whether the
queue or the bus is in the stack is found later (`checks.called_services`).
"""

from collections.abc import Iterator, Mapping
from typing import Final

from esb_generator.near_miss import near_miss
from esb_generator.resources.nodes import Node, text, text_map
from esb_generator.services.apigateway.integrations.mock_and_http import Integrated, Spelling, UnsupportedIntegration
from esb_generator.values import Map
from esb_schemas.contract import ServiceCall
from esb_schemas.errors import Problem, dotted
from esb_schemas.service_integrations.expressions import Side, parse, selections
from esb_schemas.service_integrations.rules import request_problems, response_problems
from esb_schemas.service_integrations.subtypes import SUBTYPES

_REGION: Final = "Region"


def service_call(node: Node, spelled: Spelling, route: Integrated, region: str) -> ServiceCall | None:
    """The call of a service by an integration in a stack of this region, None if it has no subtype.

    Raises UnsupportedIntegration.
    """
    subtype = node.read(spelled.part("IntegrationSubtype"), text)
    if not subtype:
        return None
    if route.api_type == "REST" or subtype not in SUBTYPES:
        near = "" if route.api_type == "REST" else near_miss(subtype, SUBTYPES)
        raise UnsupportedIntegration(f"calls {subtype} without a function; let a function call it{near}")
    for reason in _refusals(node, spelled):
        raise UnsupportedIntegration(f"calls {subtype} {reason}")
    parameters = node.read(spelled.part("RequestParameters"), text_map) or {}
    elsewhere = parameters.pop(_REGION, region)
    if elsewhere != region:
        raise UnsupportedIntegration(f"calls {subtype} in the region {elsewhere}, and the stack has {region} only")
    changes = _response_parameters(node, spelled)
    _check(spelled.part("RequestParameters"), request_problems(subtype, parameters, route.path))
    _check(spelled.part("ResponseParameters"), response_problems(changes))
    _check_stage_variables(parameters, changes, route)
    return ServiceCall("AWS_PROXY", subtype, parameters, changes)


def _refusals(node: Node, spelled: Spelling) -> Iterator[str]:
    kind = (node.read(spelled.type, text) or "").upper()
    if kind != "AWS_PROXY":
        yield f"by an integration of type {kind or 'none'}; set {spelled.type} to AWS_PROXY"
    payload = node.read(spelled.part("PayloadFormatVersion"), text) or "1.0"
    if payload != "1.0":
        yield f"with payload format {payload}; calls of a service have {spelled.part('PayloadFormatVersion')} 1.0"
    if (node.read(spelled.part("ConnectionType"), text) or "INTERNET").upper() != "INTERNET":
        yield "through a VPC link, which the stack does not have; remove it"


def _response_parameters(node: Node, spelled: Spelling) -> dict[str, Mapping[str, str]]:
    """Changes of the response by status: a mapping in a document, a list of Destination and Source in a resource."""
    found: dict[str, Mapping[str, str]] = {}
    for status, changes in node.entries_of(spelled.part("ResponseParameters")):
        listed = changes.get("ResponseParameters") if isinstance(changes.value, Map) else None
        found[status] = text_map(changes) if listed is None else dict(_destinations(listed))
    return found


def _destinations(listed: Node) -> Iterator[tuple[str, str]]:
    for item in listed.items():
        yield item.need("Destination", text) or "", item.need("Source", text) or ""


def _check(where: str, problems: Iterator[Problem]) -> None:
    for problem in problems:
        raise UnsupportedIntegration(f"has an integration whose {dotted((where, *problem.path))}: {problem.text}")


def _check_stage_variables(
    parameters: Mapping[str, str], changes: Mapping[str, Mapping[str, str]], route: Integrated
) -> None:
    sides: tuple[tuple[Side, list[str]], ...] = (
        ("request", [*parameters.values()]),
        ("response", [value for each in changes.values() for value in each.values()]),
    )
    for side, values in sides:
        for selection in (selection for value in values for selection in selections(parse(value, side))):
            if selection.source == "stageVariables" and selection.name not in route.stage_variables:
                raise UnsupportedIntegration(
                    f"uses the stage variable {selection.name}, which its stage does not have; add it there"
                )
