"""An application whose values have no address of AWS; see `aws_addresses`.

Changed are the functions' environment variables, and the servers and queues that routes lead to. An address that the
user wrote, and that leads nowhere here, is a notice; for one that a missing resource gives, there is a notice already.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import NamedTuple, TypeAlias

from esb_generator.application.aws_addresses import Replaced, lead_into_stack
from esb_generator.cloudformation.resource_values.placeholders import Placeholder
from esb_generator.model import Application, Function, Marked
from esb_generator.resources.stack import Resource, Stack
from esb_schemas import contract
from esb_schemas.backends import GATEWAY_URL, endpoint_urls

IntoStack: TypeAlias = Callable[[str], Replaced]

_VARIABLES = "Properties.Environment.Variables"


class Rewritten(NamedTuple):
    """The application, and the placeholders that it still has, with the values that it has them by."""

    application: Application
    placeholders: tuple[Placeholder, ...]


def rewrite_addresses(application: Application, stack: Stack, placeholders: tuple[Placeholder, ...]) -> Rewritten:
    """Lead every address of AWS into the stack; addresses that the user wrote are reported."""
    servers = endpoint_urls([section for section, entries in application.resources.items() if entries])
    into_stack = partial(lead_into_stack, apis={each.lower() for each in application.apis}, servers=servers)
    uses = {use.path for placeholder in placeholders for use in placeholder.uses}
    for function in application.functions:
        _report(stack.resources[function.logical_id], function.entry.environment, into_stack, uses)
    rewritten = application._replace(
        functions=tuple(_with_environment(each, into_stack) for each in application.functions),
        routes=tuple(_with_server(each, into_stack) for each in application.routes),
    )
    return Rewritten(rewritten, tuple(_placeholders(placeholders, application, into_stack)))


def _report(resource: Resource, environment: Mapping[str, str], into_stack: IntoStack, uses: Collection[str]) -> None:
    variables = resource.properties.child("Environment").child("Variables")
    for name, value in environment.items():
        elsewhere = into_stack(value).elsewhere
        if elsewhere and f"Resources.{resource.logical_id}.{_VARIABLES}.{name}" not in uses:
            text = f"{name} has the address {', '.join(dict.fromkeys(elsewhere))} of AWS, where nothing is sent"
            variables.notice_at(variables.value_mark(name), f"{text}; calls to it fail")


def _with_environment(function: Function, into_stack: IntoStack) -> Function:
    given = function.entry.environment
    environment = {name: into_stack(value).text for name, value in given.items()}
    if environment == given:
        return function
    return function._replace(entry=function.entry._replace(environment=environment))


def _with_server(route: Marked[contract.Route], into_stack: IntoStack) -> Marked[contract.Route]:
    match route.entry.integration:
        case contract.HttpProxy() as proxy:
            changed: contract.Integration = proxy._replace(uri=into_stack(proxy.uri).text)
        case contract.ServiceCall(request_parameters={"QueueUrl": url} as parameters) as call:
            changed = call._replace(request_parameters={**parameters, "QueueUrl": into_stack(url).text})
        case _:
            return route
    return route._replace(entry=route.entry._replace(integration=changed))


def _placeholders(
    placeholders: tuple[Placeholder, ...], application: Application, into_stack: IntoStack
) -> Iterator[Placeholder]:
    """Without uses of the ids of the template's own APIs in addresses that lead to the gateway, and so are real."""
    apis = {logical_id.lower() for logical_id in application.apis}
    real = {f"Resources.{path}" for each in application.functions for path in _of_own_apis(each, apis)}
    for placeholder in placeholders:
        is_api = placeholder.reference.partition(".")[0].lower() in apis
        uses = tuple(use for use in placeholder.uses if not (is_api and use.path in real))
        if uses:
            yield placeholder._replace(value=into_stack(placeholder.value).text, uses=uses)


def _of_own_apis(function: Function, apis: Collection[str]) -> Iterator[str]:
    """The paths of the variables with addresses of the template's own APIs alone."""
    for name, value in function.entry.environment.items():
        replaced = lead_into_stack(value, apis, servers={})
        if replaced.text != value and not replaced.elsewhere and GATEWAY_URL.partition("//")[2] in replaced.text:
            yield f"{function.logical_id}.{_VARIABLES}.{name}"
