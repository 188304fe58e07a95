"""Resources on the servers that are not in the file. They are listed, and never changed."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor
from typing import NamedTuple

from esb_provisioner.desired import Desired, types_of
from esb_provisioner.resources.resource_type import AnyType
from esb_provisioner.servers.clients import Servers
from esb_provisioner.servers.errors import ServerError
from esb_provisioner.servers.settings import Settings
from esb_provisioner.services import RESOURCE_TYPES
from esb_provisioner.steps import Api, Resource


class Unmanaged(NamedTuple):
    """The resources, sorted, and a sentence for each kind that cannot be listed."""

    resources: tuple[Resource, ...]
    problems: tuple[str, ...]


def unmanaged(
    desired: Desired, api: Api, where: Settings, pool: Executor, types: Iterable[AnyType] = RESOURCE_TYPES
) -> Unmanaged:
    """The other resources of each server with an endpoint. AWS itself is not asked: it would list the whole account.

    A server that the file does not need may be down; that is one of the `problems`.
    """
    known = [each for each in types if each.backend.service in where.endpoints]
    others = Servers(where, [each for each in known if each not in types_of(desired)])
    listings = [pool.submit(names, each, others if each not in types_of(desired) else api, where) for each in known]
    found = [listing.result() for listing in listings]
    resources = {Resource(each.kind, name) for each, (listed, _) in zip(known, found, strict=True) for name in listed}
    return Unmanaged(tuple(sorted(resources - desired.keys())), tuple(problem for _, problem in found if problem))


def names(type_: AnyType, api: Api, where: Settings) -> tuple[frozenset[str], str]:
    """The names of all resources of a type but the built-in ones, or why they are not known."""
    try:
        if isinstance(api, Servers) and (probe := api.probes.get(where.address(type_.backend))):
            probe()  # it fails sooner than the listing
        return type_.list_names(api) - type_.built_in, ""
    except ServerError as error:
        return frozenset(), f"the {type_.plural} of {where.address(type_.backend)} cannot be listed ({error})"
