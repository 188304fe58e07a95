"""A service: a table of operations, and the protocol of its requests and errors.

An operation is a function of a transaction and a call. What it returns is the result, as boto3 shows it; an AwsError
that it raises undoes everything that it has written. It runs in a thread of the store: it must not wait for anything,
and read no clock but the transaction's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from esb_cloud.aws.query_protocol import QueryDialect
from esb_cloud.aws.shapes import EMPTY, Structure
from esb_cloud.aws.stack import Stack
from esb_cloud.sql.store import Store
from esb_cloud.sql.transaction import Transaction
from esb_schemas.endpoints import Endpoint
from esb_wire.http.messages import Response

Result: TypeAlias = dict[str, Any]


class Call(NamedTuple):
    """One request to an operation.

    `parameters` are as boto3 has them. `base_url` is how the client calls this server, without a slash at the end;
    `path` is the request's. `access_key` is the caller's, empty if no signature is checked. `trace` is the header
    X-Amzn-Trace-Id. `by_service`: a service of the stack sends it.
    """

    parameters: dict[str, Any]
    base_url: str
    path: str
    stack: Stack
    access_key: str = ""
    trace: str = ""
    by_service: bool = False


def call_of(stack: Stack, **parameters: Any) -> Call:
    """A call that the server itself makes."""
    return Call(parameters, stack.url, "/", stack)


class Wait(NamedTuple):
    """A result that may still get better: call the operation again when `key` is signalled, or in `retry_in` seconds
    if that is known; after `seconds` since the request came, answer `otherwise`.
    """

    key: Hashable
    seconds: float
    retry_in: float | None
    otherwise: Result


class Operation(NamedTuple):
    """`signed` False: anyone may call it, for example by a link in an e-mail. `synced` False: what it writes survives a
    kill, and may be undone by a power cut.
    """

    run: Callable[[Transaction, Call], Result | Response | Wait]
    input: Structure
    output: Structure = EMPTY
    signed: bool = True
    synced: bool = True


class Page(NamedTuple):
    """An answer to a request at a path, beside the API. The parts of the path and the query are parameters; the result
    is JSON, or a whole Response.
    """

    endpoint: Endpoint
    operation: Operation


class Gauge(NamedTuple):
    """A value for the metrics, which have all of a name together; `labels` are names and values."""

    name: str
    help: str
    labels: Mapping[str, str]
    value: float


class Section(NamedTuple):
    """A section of resources.yml. `create` makes what an entry names, or gives what is there the entry's settings; it
    raises AwsError. `order` puts what has to be there before others first.
    """

    name: str
    create: Callable[[Transaction, Stack, Mapping[str, Any]], None]
    order: Callable[[Sequence[Mapping[str, Any]]], Iterable[Mapping[str, Any]]] = iter


Background: TypeAlias = Callable[[Store, Stack], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Service:
    """`name` is that of boto3's client, `signing_name` that in signatures; `target` begins X-Amz-Target (`AmazonSQS`).

    `query_codes` are the codes of errors in the Query protocol, by those of JSON, where they differ; clients of JSON
    get them in a header. `missing_code` is that of a request without a required parameter. `background` are coroutines
    that run beside the requests, until they are cancelled.
    """

    name: str
    signing_name: str
    operations: Mapping[str, Operation]
    target: str | None = None
    json_version: str = "1.0"
    query: QueryDialect | None = None
    query_codes: Mapping[str, str] = field(default_factory=dict)
    missing_code: str = "MissingParameter"
    sections: tuple[Section, ...] = ()
    pages: tuple[Page, ...] = ()
    gauges: Callable[[Transaction], Iterable[Gauge]] = lambda _transaction: ()
    background: tuple[Background, ...] = ()
