"""One run of `export` or `import`: connects to the servers, and returns a result for each table and bucket."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from esb_provisioner import desired
from esb_provisioner.amount import amount
from esb_provisioner.desired import Desired
from esb_provisioner.provisioning import Progress, carry_out, reachable
from esb_provisioner.report import State
from esb_provisioner.resources.resource_type import AnyType
from esb_provisioner.servers import settings
from esb_provisioner.servers.clients import Servers
from esb_provisioner.servers.data_clients import DataServers
from esb_provisioner.servers.settings import UsageError
from esb_provisioner.servers.waiting import Clock
from esb_provisioner.services import RESOURCE_TYPES
from esb_provisioner.transfer import exporting, importing
from esb_provisioner.transfer.errors import FolderError
from esb_provisioner.transfer.folder import RESOURCES, Exported, ExportFolder
from esb_provisioner.transfer.options import TransferOptions
from esb_provisioner.transfer.results import Log, Run, TransferResult, selected, with_contents

_TYPES: Final = {each.kind: each for each, _ in with_contents(RESOURCE_TYPES)}


def transfer(
    options: TransferOptions, environ: Mapping[str, str], clock: Clock, log: Log, on_step: Log
) -> list[TransferResult]:
    """Raises what `provisioning.provision` raises, and FolderError."""
    folder = ExportFolder(options.folder)
    exporting_ = options.command == "export"
    exported = [] if exporting_ else _chosen(folder, options)
    types = _sources(options, environ) if exporting_ else _of_kinds({each.kind for each in exported})
    where = settings.read(environ, [each.backend for each in types], allow_aws=options.allow_aws)
    on_step("waiting for the servers")
    with reachable(DataServers(where, types), options.wait, clock, log) as (api, pool):
        run = Run(api, folder, pool, log, on_step)
        if exporting_:
            return exporting.export(types, options.names, run)
        wanted = desired.load(folder.root / RESOURCES, settings.region(environ))
        failed = _create(wanted, exported, run, Servers(where, types), clock)
        ready = [each for each in exported if each.resource not in {one.resource for one in failed}]
        target = ", ".join(where.address(each.backend) for each in types)
        return [*failed, *importing.load(ready, target, run, overwrite=options.overwrite)]


def _sources(options: TransferOptions, environ: Mapping[str, str]) -> list[AnyType]:
    """The types of the named resources, or those with a server in the environment."""
    if options.names:
        return _of_kinds({each.kind for each in options.names})
    found = [each for each in _TYPES.values() if options.allow_aws or settings.is_named(each.backend, environ)]
    if not found:
        names = " nor ".join(each.backend.endpoint_variable for each in _TYPES.values())
        raise UsageError(f"neither {names} is set, so there is nothing to export from")
    return found


def _of_kinds(kinds: Collection[str]) -> list[AnyType]:
    return [each for kind, each in _TYPES.items() if kind in kinds]


def _chosen(folder: ExportFolder, options: TransferOptions) -> list[Exported]:
    found = folder.resources()
    if unknown := options.names - {each.resource for each in found}:
        listed = ", ".join(str(each.resource) for each in found) or "nothing"
        raise FolderError(f"{options.folder} has no {min(unknown)}; it has {listed}")
    return [each for each in found if selected(each.resource, options.names)]


def _create(
    wanted: Desired, exported: Iterable[Exported], run: Run, servers: Servers, clock: Clock
) -> list[TransferResult]:
    """Create the resources that the servers lack; returns those that could not be created."""
    chosen = {each.resource: each for each in exported}
    names = {kind: _TYPES[kind].list_names(servers) for kind in {each.kind for each in chosen}}
    absent = {key: each for key, each in wanted.items() if key in chosen and key.name not in names[key.kind]}
    report = carry_out(absent, servers, run.pool, clock, Progress(run.log))
    return [
        TransferResult(each.resource, "failed", _records(chosen[each.resource]), "; ".join(each.problems))
        for each in report.results
        if each.state is State.FAILED
    ]


def _records(exported: Exported) -> str:
    contents = _TYPES[exported.kind].contents
    return amount(exported.records, contents.noun) if contents else ""
