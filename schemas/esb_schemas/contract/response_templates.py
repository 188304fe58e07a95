"""The bodies of gateway responses: text with variables; no other Velocity Template Language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from esb_schemas.lazy_pattern import LazyPattern

RESPONSE_VARIABLES: Final = (
    "$context.error.message",
    "$context.error.messageString",
    "$context.error.responseType",
    "$context.extendedRequestId",
    "$context.requestId",
)
_KNOWN: Final = "|".join(map(re.escape, RESPONSE_VARIABLES))
_VARIABLE: Final = LazyPattern(rf"({_KNOWN})(?![A-Za-z0-9_])|\$(?:context|input|method|stageVariables|util)\.[\w.]*\w")


def unknown_variables(template: str) -> list[str]:
    """The variables of a template that the gateway does not fill in."""
    return [match[0] for match in _VARIABLE.finditer(template) if match[1] is None]


def filled(template: str, values: Mapping[str, str]) -> str:
    """The text of a template; `values` are by variable."""
    return _VARIABLE.sub(lambda match: values[match[0]], template)
