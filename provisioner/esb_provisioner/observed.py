"""Second stage: a snapshot of the resources in the file, taken before anything is decided. Only reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from esb_provisioner.desired import Desired, DesiredResource, types_of
from esb_provisioner.resources.reading import Unreadable
from esb_provisioner.resources.resource_type import AnyType
from esb_provisioner.servers.errors import ErrorKind, ServerError
from esb_provisioner.steps import Answer, Api, Resource

Observed: TypeAlias = Mapping[Resource, Any]
"""The result of `ResourceType.read`, or Unreadable; a resource that does not exist has no entry."""

Answers: TypeAlias = Mapping[Resource, Sequence[Answer]]


Listed: TypeAlias = Mapping[str, frozenset[str]]
"""The names of all resources of a server, by their kind."""

NOT_LISTED: Final[Listed] = MappingProxyType({})


def snapshot(api: Api, desired: Desired, pool: Executor, listed: Listed = NOT_LISTED) -> Observed:
    """The current state; kinds that are `listed` are not listed again.

    Raises ServerError if a server cannot list its resources.
    """
    listed = listed or names(api, types_of(desired), pool)
    return read(api, existing(desired, listed), {}, pool)


def refresh(api: Api, desired: Desired, answers: Answers, pool: Executor) -> Observed:
    """The state after changes; what the `answers` to the changes show is not read again.

    Raises ServerError as `snapshot` does.
    """
    reliable = [each for each in types_of(desired) if not each.list_lags]
    return read(api, existing(desired, names(api, reliable, pool)), answers, pool)


def names(api: Api, types: Iterable[AnyType], pool: Executor) -> Listed:
    """What exists of these types. Raises ServerError."""
    listings = {each.kind: pool.submit(each.list_names, api) for each in types}
    return {kind: listing.result() for kind, listing in listings.items()}


def existing(desired: Desired, listed: Listed) -> Desired:
    """The resources, but of the kinds that are listed only those that the server lists."""
    return {key: each for key, each in desired.items() if key.name in listed.get(key.kind, (key.name,))}


def read(api: Api, desired: Desired, answers: Answers, pool: Executor) -> Observed:
    """These resources, each in a thread of the pool."""
    reads = {key: pool.submit(read_resource, api, each, answers.get(key, ())) for key, each in desired.items()}
    return {key: seen for key, future in reads.items() if (seen := future.result()) is not None}


def read_resource(api: Api, desired: DesiredResource, answers: Sequence[Answer]) -> Any:
    """The state of a resource, None if it does not exist, or Unreadable."""
    try:
        return desired.type.read(api, desired.definition, answers)
    except ServerError as error:
        return None if error.kind is ErrorKind.MISSING else Unreadable(str(error))
