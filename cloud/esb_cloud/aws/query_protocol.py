"""The AWS Query protocol: a form in, XML out. https://smithy.io/2.0/aws/protocols/aws-query-protocol.html"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from esb_cloud.aws.shapes import EMPTY, ListOf, MapOf, Scalar, Shape, Structure
from esb_wire.errors import AwsError

_MAX_FIELDS: Final = 100_000
_NUMBER: Final = re.compile(r"-?\d{1,18}", re.ASCII)
_BOOLEANS: Final = {"true": True, "false": False, "1": True, "0": False}
_CARRIAGE_RETURN: Final = {"\r": "&#xD;"}  # XML parsers make a line feed of a plain one

Tree: TypeAlias = "dict[str, Tree | str]"


@dataclass(frozen=True, slots=True)
class QueryDialect:
    """A service's dialect of Query. `detail`: its errors have an empty element of this name (recorded of SQS)."""

    version: str
    namespace: str
    detail: bool = False


class QueryApi(NamedTuple):
    """A service that is called by forms, as far as reading one needs it: the shapes of parameters by operation."""

    version: str
    inputs: Mapping[str, Structure]


class QueryCall(NamedTuple):
    """A form that was read: which of the services it calls, and its parameters or their error."""

    service: str
    operation: str
    parameters: dict[str, Any] | AwsError


def read_call(query: str, body: bytes, apis: Mapping[str, QueryApi]) -> QueryCall:
    """The call in a form, whose fields may be in the query string too; `apis` are by service.

    Raises AwsError if it is no form, or if none of the services has this operation and version.
    """
    form = read_form(query) | read_form(body.decode("utf-8", "replace"))
    name, version = form.get("Action", ""), form.get("Version")
    for service, api in apis.items():
        if name in api.inputs and version in (None, api.version):
            return QueryCall(service, name, parse_or_error(form, api.inputs[name]))
    if not name:
        raise AwsError("MissingAction", "The request has no Action and no X-Amz-Target: it is to no AWS API.")
    raise AwsError("InvalidAction", f"The action {name} is not valid for this endpoint.")


def read_form(text: str) -> dict[str, str]:
    """The fields of a form or a query string. Raises AwsError if it is none."""
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict"))
    except ValueError:
        raise AwsError("MalformedQueryString", "The request is not a valid form.") from None


def parse(form: dict[str, str], shape: Structure) -> dict[str, Any]:
    """The parameters in a form. Fields that the shape does not have are ignored. Raises AwsError for a wrong value."""
    return _structure(_tree(form), shape)


def parse_or_error(form: dict[str, str], shape: Structure) -> dict[str, Any] | AwsError:
    """As `parse`, for those who verify a signature before they answer with the error."""
    try:
        return parse(form, shape)
    except AwsError as error:
        return error


def render(operation: str, result: dict[str, Any], shape: Structure, dialect: QueryDialect, request_id: str) -> bytes:
    """The document of a result."""
    content = "".join(_members(result, shape))
    inner = "" if shape is EMPTY else f"<{operation}Result>{content}</{operation}Result>"
    metadata = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
    return (
        f'<?xml version="1.0"?><{operation}Response xmlns="{dialect.namespace}">{inner}{metadata}</{operation}Response>'
    ).encode()


def render_error(code: str, error: AwsError, dialect: QueryDialect, request_id: str) -> bytes:
    """The document of an error."""
    fault = "Sender" if error.status < 500 else "Receiver"
    detail = "<Detail/>" if dialect.detail else ""
    return (
        f'<?xml version="1.0"?><ErrorResponse xmlns="{dialect.namespace}"><Error><Type>{fault}</Type>'
        f"<Code>{_text(code)}</Code><Message>{_text(str(error))}</Message>{detail}</Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    ).encode()


def _tree(form: dict[str, str]) -> Tree:
    """`{"Tag.1.Key": "a"}` as `{"Tag": {"1": {"Key": "a"}}}`."""
    root: Tree = {}
    for name, value in form.items():
        node = root
        *parents, last = name.split(".")
        for part in parents:
            below = node.setdefault(part, {})
            if isinstance(below, str):
                raise AwsError("MalformedInput", f"{name} contradicts another parameter")
            node = below
        node[last] = value
    return root


def _decode(node: Tree | str, shape: Shape, name: str) -> Any:
    match shape:
        case Scalar():
            return _scalar(node, shape, name)
        case ListOf(member):
            return [_decode(each, member, name) for each in _numbered(node)]
        case MapOf():
            return dict(_entry(each, shape, name) for each in _numbered(node))
        case Structure():
            return _structure(_branch(node), shape)


def _structure(tree: Tree, shape: Structure) -> dict[str, Any]:
    found = {}
    for name, member in shape.members.items():
        node = _find(tree, name, member)
        if node is not None:
            found[name] = _decode(node, member, name)
    return found


def _find(tree: Tree, name: str, shape: Shape) -> Tree | str | None:
    """The place of a member: a collection lies under its flat name, or below `member` or `entry`."""
    match shape:
        case ListOf(_, None):
            return _branch(tree.get(name, {})).get("member")
        case MapOf(_, None):
            return _branch(tree.get(name, {})).get("entry")
        case ListOf(_, flat) | MapOf(_, flat):
            return tree.get(flat or name)
        case _:
            return tree.get(name)


def _entry(node: Tree | str, shape: MapOf, name: str) -> tuple[str, Any]:
    tree = _branch(node)
    key, value = tree.get(shape.key_name, ""), tree.get(shape.value_name, "")
    return str(key), _decode(value, shape.value, name)


def _numbered(node: Tree | str) -> Iterator[Tree | str]:
    """The elements of a collection by their numbers, which may have gaps."""
    tree = _branch(node)
    for number in sorted((key for key in tree if key.isascii() and key.isdigit()), key=int):
        yield tree[number]


def _branch(node: Tree | str) -> Tree:
    return {} if isinstance(node, str) else node


def _scalar(node: Tree | str, shape: Scalar, name: str) -> Any:
    if isinstance(node, dict):
        raise _wrong(name, shape)
    match shape:
        case Scalar.TEXT:
            return node
        case Scalar.INTEGER if _NUMBER.fullmatch(node):
            return int(node)
        case Scalar.BOOLEAN if node.lower() in _BOOLEANS:
            return _BOOLEANS[node.lower()]
        case Scalar.BINARY:
            try:
                return base64.b64decode(node, validate=True)
            except (binascii.Error, ValueError):
                pass
    raise _wrong(name, shape)


def _wrong(name: str, shape: Scalar) -> AwsError:
    return AwsError("MalformedInput", f"{name} is not {shape.value}")


def _members(result: dict[str, Any], shape: Structure) -> Iterator[str]:
    for name, member in shape.members.items():
        if result.get(name) is not None:
            yield from _element(name, result[name], member)


def _element(name: str, value: Any, shape: Shape) -> Iterator[str]:
    match shape:
        case ListOf(member, None):
            inner = (part for each in value for part in _element("member", each, member))
            yield f"<{name}>{''.join(inner)}</{name}>"
        case ListOf(member, flat):
            for each in value:
                yield from _element(flat or name, each, member)
        case MapOf(_, None):
            yield f"<{name}>{''.join(_entries('entry', value, shape))}</{name}>"
        case MapOf(_, flat):
            yield from _entries(flat or name, value, shape)
        case Structure():
            yield f"<{name}>{''.join(_members(value, shape))}</{name}>"
        case Scalar():
            yield f"<{name}>{_value(value)}</{name}>"


def _entries(name: str, value: dict[str, Any], shape: MapOf) -> Iterator[str]:
    for key, each in value.items():
        inner = "".join(_element(shape.value_name, each, shape.value))
        yield f"<{name}><{shape.key_name}>{_text(key)}</{shape.key_name}>{inner}</{name}>"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return _text(str(value))


def _text(text: str) -> str:
    return escape(text, _CARRIAGE_RETURN)
