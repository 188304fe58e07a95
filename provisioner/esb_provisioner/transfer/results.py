"""The context of an export or import, and its result for each table and bucket."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Executor
from typing import NamedTuple, TypeAlias

from esb_provisioner.resources.contents import Contents
from esb_provisioner.resources.resource_type import AnyType
from esb_provisioner.steps import Api, Resource
from esb_provisioner.transfer.folder import ExportFolder

Log: TypeAlias = Callable[[str], None]


class TransferResult(NamedTuple):
    """One resource: `result` is one word; `problem` is the reason of a failure as a sentence, empty for success."""

    resource: Resource
    result: str
    records: str  # "3 items"
    problem: str = ""
    warnings: tuple[str, ...] = ()


def with_contents(types: Iterable[AnyType]) -> list[tuple[AnyType, Contents]]:
    """The types whose contents can be exported."""
    return [(each, each.contents) for each in types if each.contents is not None]


class Run(NamedTuple):
    """The context that all steps of an export or import share. `on_step` is called with the current step."""

    api: Api
    folder: ExportFolder
    pool: Executor
    log: Log
    on_step: Log = lambda _text: None


def selected(resource: Resource, names: Collection[Resource]) -> bool:
    """Whether the resource is one of `names`; without names, all are selected."""
    return not names or resource in names
