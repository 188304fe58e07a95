"""Replaces AWS addresses in the values of an application; see `aws_addresses`.

The functions' environment variables change, and the servers and queues in routes. An address that the user wrote, of a
service that the stack lacks, is a notice; an address of an unsupported resource has a notice already.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import NamedTuple, TypeAlias

from esb_generator.application.aws_addresses import Replaced, replace_addresses
from esb_generator.cloudformation.resource_values.placeholders import Placeholder
from esb_generator.model import Application, Function, Marked
from esb_generator.resources.stack import Resource, Stack
from esb_schemas import contract
from esb_schemas.backends import GATEWAY_URL, endpoint_urls

Replace: TypeAlias = Callable[[str], Replaced]

_VARIABLES = "Properties.Environment.Variables"


class Rewritten(NamedTuple):
    """The application, and the placeholders that are left in it, with their new values."""

    application: Application
    placeholders: tuple[Placeholder, ...]


def rewrite_addresses(application: Application, stack: Stack, placeholders: tuple[Placeholder, ...]) -> Rewritten:
    """Replace every AWS address by one in the stack; addresses that the user wrote are reported."""
    servers = endpoint_urls([section for section, entries in application.resources.items() if entries])
    replace = partial(replace_addresses, apis={each.lower() for each in application.apis}, servers=servers)
    uses = {use.path for placeholder in placeholders for use in placeholder.uses}
    for function in application.functions:
        _report(stack.resources[function.logical_id], function.entry.environment, replace, uses)
    rewritten = application._replace(
        functions=tuple(_with_environment(each, replace) for each in application.functions),
        routes=tuple(_with_server(each, replace) for each in application.routes),
    )
    return Rewritten(rewritten, tuple(_placeholders(placeholders, application, replace)))


def _report(resource: Resource, environment: Mapping[str, str], replace: Replace, uses: Collection[str]) -> None:
    variables = resource.properties.child("Environment").child("Variables")
    for name, value in environment.items():
        elsewhere = replace(value).elsewhere
        if elsewhere and f"Resources.{resource.logical_id}.{_VARIABLES}.{name}" not in uses:
            text = f"{name} has the address {', '.join(dict.fromkeys(elsewhere))} of AWS, where nothing is sent"
            variables.notice_at(variables.value_mark(name), f"{text}; calls to it fail")


def _with_environment(function: Function, replace: Replace) -> Function:
    given = function.entry.environment
    environment = {name: replace(value).text for name, value in given.items()}
    if environment == given:
        return function
    return function._replace(entry=function.entry._replace(environment=environment))


def _with_server(route: Marked[contract.Route], replace: Replace) -> Marked[contract.Route]:
    match route.entry.integration:
        case contract.HttpProxy() as proxy:
            changed: contract.Integration = proxy._replace(uri=replace(proxy.uri).text)
        case contract.ServiceCall(request_parameters={"QueueUrl": url} as parameters) as call:
            changed = call._replace(request_parameters={**parameters, "QueueUrl": replace(url).text})
        case _:
            return route
    return route._replace(entry=route.entry._replace(integration=changed))


def _placeholders(
    placeholders: tuple[Placeholder, ...], application: Application, replace: Replace
) -> Iterator[Placeholder]:
    """Drops uses of the ids of the template's own APIs in addresses: these are the gateway's now, and real."""
    apis = {logical_id.lower() for logical_id in application.apis}
    real = {f"Resources.{path}" for each in application.functions for path in _of_own_apis(each, apis)}
    for placeholder in placeholders:
        is_api = placeholder.reference.partition(".")[0].lower() in apis
        uses = tuple(use for use in placeholder.uses if not (is_api and use.path in real))
        if uses:
            yield placeholder._replace(value=replace(placeholder.value).text, uses=uses)


def _of_own_apis(function: Function, apis: Collection[str]) -> Iterator[str]:
    """The paths of variables whose only addresses are those of the template's own APIs."""
    for name, value in function.entry.environment.items():
        replaced = replace_addresses(value, apis, servers={})
        if replaced.text != value and not replaced.elsewhere and GATEWAY_URL.partition("//")[2] in replaced.text:
            yield f"{function.logical_id}.{_VARIABLES}.{name}"
