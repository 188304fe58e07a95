"""Changes of a service's response, by its status: "Transform API requests and responses for HTTP APIs"."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias, cast

from esb_schemas.lazy_pattern import LazyPattern
from esb_schemas.service_integrations.expressions import Expression, InvalidExpression, parse

_KEY: Final = LazyPattern(r"(append|overwrite|remove):header\.([!#$%&'*+.^_`|~0-9A-Za-z-]+)|overwrite:statuscode")
_RESERVED: Final = LazyPattern(
    r"(?i:access-control-.*|apigw-.*|authorization|connection|content-(?:encoding|length|location)|forwarded"
    r"|keep-alive|origin|proxy-auth(?:enticate|orization)|te|trailers|transfer-encoding|upgrade|x-amzn?-.*"
    r"|x-forwarded-(?:for|host|proto)|via)"
)


Action: TypeAlias = Literal["append", "overwrite", "remove"]


class Change(NamedTuple):
    """A change of a header, or of the status if `header` is None."""

    action: Action
    header: str | None
    value: Expression


def parse_changes(parameters: Mapping[str, str]) -> tuple[Change, ...]:
    """The changes in the response parameters of one status. Raises InvalidExpression."""
    return tuple(_change(key, value) for key, value in parameters.items())


def _change(key: str, value: str) -> Change:
    found = _KEY.fullmatch(key)
    if found is None:
        raise InvalidExpression(
            f"{key} is not overwrite:statuscode, append:header.name, overwrite:header.name or remove:header.name"
        )
    action, header = found.groups()
    expression = parse(value, "response")
    if header is None:
        if not any(isinstance(part, tuple) for part in expression) and not is_status("".join(map(str, expression))):
            raise InvalidExpression(f"{key} must be a status from 200 to 599, not {value!r}")
        return Change("overwrite", None, expression)
    if _RESERVED.fullmatch(header):
        raise InvalidExpression(f"{key} changes a header that API Gateway reserves")
    return Change(cast("Action", action), header, expression)


def is_status(text: str) -> bool:
    """Whether a text is a status that a response can have."""
    return len(text) == 3 and text.isascii() and text.isdecimal() and 200 <= int(text) <= 599
