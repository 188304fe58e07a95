"""Names, ARNs and qualifiers by which the Lambda API knows functions. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from esb_gateway.invocation import Function
from esb_gateway.lambda_api.errors import LambdaApiError
from esb_schemas.contract import Stack
from esb_schemas.near_miss import near_miss

_NAME_RULE: Final = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"
    r"([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"
)
_NAME: Final = re.compile(
    r"(?:arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z0-9-]+):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[a-zA-Z0-9_-]+)(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9_-]+))?"
)


class Found(NamedTuple):
    """A function, and the ARN with the qualifier that the caller used."""

    function: Function
    arn: str


class FunctionNames(NamedTuple):
    """The functions of a stack."""

    functions: Mapping[str, Function]
    stack: Stack

    def find(self, text: str, qualifier: str | None, unqualified: str = "") -> Found:
        """The function that a caller means, with the qualifier of the query string. Raises LambdaApiError.

        `unqualified` is what a 404 has in place of a qualifier: AWS's Invoke names `:$LATEST` there.
        """
        if qualifier is None and (named := self.functions.get(text)) is not None:
            return Found(named, named.arn)
        name = _NAME.fullmatch(text)
        if name is None or len(text) > 170:
            raise LambdaApiError(
                "ValidationException", 400,
                f"1 validation error detected: Value '{text}' at 'functionName' failed to satisfy constraint: "
                f"Member must satisfy regular expression pattern: {_NAME_RULE}",
            )  # fmt: skip
        qualifier = _qualifier(name["qualifier"], qualifier)
        region, account = self.stack.region, self.stack.account_id
        if (name["region"] or region, name["account"] or account) != (region, account):
            raise not_found(text)
        function = self._named(name["name"])
        arn = self.stack.function_arn(name["name"]) if function is None else function.arn
        end = f":{qualifier}" if qualifier else ""
        if function is None or not _has_qualifier(function, qualifier):
            is_logical_id = function is not None and function.name != name["name"]
            hint = f" ({name['name']} is the logical id of {function.name})" if function and is_logical_id else ""
            if function is None and (near := near_miss(name["name"], self.functions)):
                hint = f" (did you mean {near}?)"
            raise not_found(f"{arn}{end or unqualified}{hint}")
        return Found(function, f"{arn}{end}")

    def _named(self, name: str) -> Function | None:
        """By its name, else by what the template calls it: AWS does not know that, but people and tools do."""
        by_id = (function for function in self.functions.values() if function.logical_id == name)
        return self.functions.get(name) or next(by_id, None)


def not_found(arn: str) -> LambdaApiError:
    """The error for a function that does not exist, or not with this qualifier."""
    return LambdaApiError("ResourceNotFoundException", 404, f"Function not found: {arn}")


def _qualifier(in_name: str | None, in_query: str | None) -> str | None:
    if in_name is not None and in_query is not None and in_name != in_query:
        raise LambdaApiError(
            "InvalidParameterValueException", 400,
            "The derived qualifier from the function name does not match the specified qualifier.",
        )  # fmt: skip
    return in_query or in_name


def _has_qualifier(function: Function, qualifier: str | None) -> bool:
    """A function has one version at most besides $LATEST."""
    return qualifier in (None, "$LATEST", *function.aliases) or (function.published and qualifier == function.version)
