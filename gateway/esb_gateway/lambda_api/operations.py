"""The operation of the Lambda API that a request asks for. Pure.

Paths and methods: the requests of each operation in AWS's Lambda API reference.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final, NamedTuple
from urllib.parse import unquote

from esb_gateway.lambda_api.errors import LambdaApiError

# The resources of Lambda's paths, which begin with the date of a version of the API. An API may have routes that begin
# with a date, so the date alone is not enough.
_LAMBDA_PATH: Final = re.compile(
    r"/[0-9]{4}-[0-9]{2}-[0-9]{2}/(account-settings|capacity-providers|code-signing-configs|durable-execution-callbacks"
    r"|durable-executions|event-source-mappings|functions|layers|resource-policy|tags)(/.*)?"
)


def _pattern(path: str) -> re.Pattern[str]:
    """A path as a pattern, whose only group is what stands in place of the braces, or empty."""
    text = re.sub(r"\{\w+(\+?)\}", lambda name: "(.*)" if name[1] else "([^/]+)", path)
    return re.compile(f"{text.removesuffix('/')}()/?" if text.endswith("/") else text)


class Operation(Enum):
    """The operations that are answered, by their names."""

    INVOKE = "Invoke"
    INVOKE_WITH_RESPONSE_STREAM = "InvokeWithResponseStream"
    GET_FUNCTION = "GetFunction"
    GET_FUNCTION_CONFIGURATION = "GetFunctionConfiguration"
    LIST_FUNCTIONS = "ListFunctions"
    LIST_EVENT_SOURCE_MAPPINGS = "ListEventSourceMappings"
    GET_EVENT_SOURCE_MAPPING = "GetEventSourceMapping"
    UPDATE_EVENT_SOURCE_MAPPING = "UpdateEventSourceMapping"
    GET_ACCOUNT_SETTINGS = "GetAccountSettings"


# With AWS's paths. `{FunctionName+}` may have slashes; a path that ends in one may be without it.
REQUESTS: Final = (
    ("POST", "/2015-03-31/functions/{FunctionName+}/invocations", Operation.INVOKE),
    (
        "POST",
        "/2021-11-15/functions/{FunctionName+}/response-streaming-invocations",
        Operation.INVOKE_WITH_RESPONSE_STREAM,
    ),
    ("GET", "/2015-03-31/functions/{FunctionName}", Operation.GET_FUNCTION),
    ("GET", "/2015-03-31/functions/{FunctionName}/configuration", Operation.GET_FUNCTION_CONFIGURATION),
    ("GET", "/2015-03-31/functions/", Operation.LIST_FUNCTIONS),
    ("GET", "/2015-03-31/event-source-mappings/", Operation.LIST_EVENT_SOURCE_MAPPINGS),
    ("GET", "/2015-03-31/event-source-mappings/{UUID}", Operation.GET_EVENT_SOURCE_MAPPING),
    ("PUT", "/2015-03-31/event-source-mappings/{UUID}", Operation.UPDATE_EVENT_SOURCE_MAPPING),
    ("GET", "/2016-08-19/account-settings/", Operation.GET_ACCOUNT_SETTINGS),
)
_PATTERNS: Final = tuple((method, _pattern(path), operation) for method, path, operation in REQUESTS)
_ANSWERED: Final = ", ".join(operation.value for operation in Operation)


class RequestedOperation(NamedTuple):
    """`resource` is the function's name, or the mapping's UUID, as the path has it; empty if it has none."""

    operation: Operation
    resource: str


def is_lambda_api(path: str) -> bool:
    """True if the path belongs to the Lambda API. No route of an API can have it."""
    return _LAMBDA_PATH.fullmatch(path) is not None


def requested_operation(method: str, path: str) -> RequestedOperation:
    """The operation of a request. Raises LambdaApiError for one that is not answered here."""
    for its_method, its_path, operation in _PATTERNS:
        if method == its_method and (match := its_path.fullmatch(path)) is not None:
            return RequestedOperation(operation, unquote(match[1]))
    raise LambdaApiError(
        "UnknownOperationException",
        404,
        f"{method} {path}: of Lambda's API, these alone are answered here: {_ANSWERED}",
    )
