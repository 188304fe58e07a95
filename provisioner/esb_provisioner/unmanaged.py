"""Resources on the servers that are not in the file. They are listed, and never changed."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor
from typing import Final, NamedTuple

from esb_provisioner.desired import Desired
from esb_provisioner.observed import Listed
from esb_provisioner.resources.resource_type import AnyType
from esb_provisioner.servers.clients import Servers
from esb_provisioner.servers.errors import ServerError
from esb_provisioner.servers.settings import Settings
from esb_provisioner.services import RESOURCE_TYPES
from esb_provisioner.steps import Resource


class Unmanaged(NamedTuple):
    """The resources, sorted, and a sentence for each kind that cannot be listed."""

    resources: tuple[Resource, ...]
    problems: tuple[str, ...]


NOTHING_ELSE: Final = Unmanaged((), ())


def unmanaged(
    desired: Desired, listed: Listed, where: Settings, pool: Executor, types: Iterable[AnyType] = RESOURCE_TYPES
) -> Unmanaged:
    """The other resources of each server with an endpoint. AWS itself is not asked: it would list the whole account.

    Kinds that are `listed` are not asked for again. A server that the file does not need may be down; that is one of
    the `problems`.
    """
    known = [each for each in types if each.backend.service in where.endpoints]
    others = [each for each in known if each.kind not in listed]
    servers = Servers(where, others)
    answers = [pool.submit(names, each, servers, where) for each in others]
    found = {each.kind: answer.result() for each, answer in zip(others, answers, strict=True)}
    every = {**listed, **{kind: names for kind, (names, _) in found.items()}}
    resources = {Resource(each.kind, name) for each in known for name in every[each.kind] - each.built_in}
    return Unmanaged(
        tuple(sorted(resources - desired.keys())), tuple(problem for _, problem in found.values() if problem)
    )


def names(type_: AnyType, servers: Servers, where: Settings) -> tuple[frozenset[str], str]:
    """The names of all resources of a type, or why they are not known."""
    try:
        servers.probes[where.address(type_.backend)]()  # it fails sooner than the listing
        return type_.list_names(servers), ""
    except ServerError as error:
        return frozenset(), f"the {type_.plural} of {where.address(type_.backend)} cannot be listed ({error})"
