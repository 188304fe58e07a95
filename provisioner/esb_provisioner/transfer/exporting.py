"""Export: writes each resource page by page into its JSONL file, counts it again, then writes the index."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from types import MappingProxyType
from typing import Final, NamedTuple

from esb_provisioner.amount import amount
from esb_provisioner.resources.contents import Contents, Record
from esb_provisioner.resources.resource_type import AnyType
from esb_provisioner.servers.errors import ServerError
from esb_provisioner.steps import Resource
from esb_provisioner.transfer.folder import Exported
from esb_provisioner.transfer.results import Run, TransferResult, selected, with_contents

VERSIONS: Final = "the bucket keeps versions: only the current one of each object is exported"
CHANGED: Final = "was changed while it was exported; stop what writes to it, and export again into an empty folder"


def export(types: Iterable[AnyType], names: Collection[Resource], run: Run) -> list[TransferResult]:
    """Export the resources of the servers. If a result has a problem, a second call continues the export.

    Raises FolderError, and ServerError if a server cannot list its resources.
    """
    found = {
        Resource(each.kind, name): (each, contents)
        for each, contents in with_contents(types)
        for name in sorted(each.list_names(run.api))
    }
    missing = [TransferResult(each, "failed", "", "it does not exist") for each in sorted(names) if each not in found]
    chosen = {resource: each for resource, each in found.items() if selected(resource, names)}
    run.folder.begin()
    exports = [
        (type_, _export_checked(resource, contents, chosen, run)) for resource, (type_, contents) in chosen.items()
    ]
    results = [*missing, *(each.result for _, each in exports)]
    if not any(each.problem for each in results):
        entries: dict[str, list[Record]] = {}
        for type_, each in exports:
            entries.setdefault(type_.section, []).append(each.entry)
        run.folder.complete([each.exported for _, each in exports if each.exported], entries)
    return results


class _Export(NamedTuple):
    """The result for one resource."""

    result: TransferResult
    exported: Exported | None = None
    entry: Record = MappingProxyType({})


def _export_checked(resource: Resource, contents: Contents, chosen: Iterable[Resource], run: Run) -> _Export:
    if problem := _clash(resource, chosen):
        return _Export(TransferResult(resource, "failed", "", problem))
    run.log(f"  exporting   {resource}")
    try:
        exported, entry = _export(resource, contents, run)
        count = contents.count(run.api, resource.name)
    except ServerError as error:
        return _Export(TransferResult(resource, "failed", "", str(error)))
    records = amount(exported.records, contents.noun)
    warnings = (VERSIONS,) if "VersioningConfiguration" in entry else ()
    if count != exported.records:
        problem = f"it has {amount(count, contents.noun)} now, not {exported.records}: it {CHANGED}"
        return _Export(TransferResult(resource, "failed", records, problem, warnings))
    return _Export(TransferResult(resource, "exported", records, "", warnings), exported, entry)


def _export(resource: Resource, contents: Contents, run: Run) -> tuple[Exported, Record]:
    entry = contents.definition(run.api, resource.name)
    position = run.folder.position(resource)
    run.on_step(f"exporting {resource}")
    while position.after is not None or position.records == 0:
        page = contents.page(run.api, resource.name, position.after, run.folder.blobs, run.pool)
        position = run.folder.append(resource, page.records, page.after)
        run.on_step(f"exporting {resource}: {amount(position.records, contents.noun)}")
        if page.after is None:
            break
    return run.folder.exported(resource, position.records), entry


def _clash(resource: Resource, others: Iterable[Resource]) -> str:
    """A problem if two names only differ in case: on some file systems they are one file."""
    same = [each for each in others if each.kind == resource.kind and each.name.lower() == resource.name.lower()]
    if len(same) < 2:
        return ""
    return f"{' and '.join(each.name for each in same)} differ in case only; export each into a folder of its own"
