"""The folder of `esb-gateway local` as a source of configurations, and what must be done before one can be used.

Tables and buckets are created and packages installed first; only then are new routes live. A function whose code or
layers have changed gets new processes.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from esb_gateway.child_processes.launcher import Command, SharedLauncher
from esb_gateway.configuration.configuration import Configuration
from esb_gateway.configuration.file_stamps import stamp, tree_stamp
from esb_gateway.configuration.reloading import Revision, Stamps
from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.embedded.embedded_host import EmbeddedHost
from esb_gateway.execution.embedded.function_folders import FunctionFolders
from esb_gateway.execution.embedded.launch import LaunchSettings, with_moved_urls
from esb_gateway.integrations.http_proxy import HttpProxy
from esb_gateway.invocation import Function
from esb_gateway.local.backends import Servers
from esb_gateway.local.builds.preparation import Preparation
from esb_gateway.local.calling import calling_lines
from esb_gateway.local.debugging.debug_target import DebugTarget
from esb_gateway.local.debugging.debugger import Debugged, debugged
from esb_gateway.local.debugging.debugger import notes as debug_notes
from esb_gateway.local.folder.credentials import ENV_FILE
from esb_gateway.local.folder.overrides import with_overrides
from esb_gateway.local.folder.reading import Folder, read_folder
from esb_gateway.local.folder.secret_values import resource_secrets
from esb_gateway.local.folder.source_paths import NO_SOURCES, SourcePaths, source_paths
from esb_gateway.local.override_options import NO_OVERRIDES, Overrides
from esb_gateway.local.programs.child_programs import Programs
from esb_schemas.agreements.provisioned import COMMAND_VARIABLE, VARIABLE

RESOURCES: Final = "resources.yml"
ENV_VARS: Final = "--env-vars"
_PROVISION_TIMEOUT: Final = "600"  # seconds: a long journal takes a while; if the stores end, that is noticed at once


@dataclass(frozen=True, slots=True)
class ProvisionerRun:
    """The place of the record of a provisioner's run, the command of its advice, and the options of the first run."""

    record: Path
    command: str
    first_options: tuple[str, ...] = ()


@dataclass(slots=True)
class FolderSource:
    """A `ConfigurationSource`, and the host of its functions.

    `launch` is what all configurations have in common, `servers` are the backing services; `report` gets lines for the
    user; `changed` is set when the folder is known to have changed; `provisioner` is how the provisioner runs;
    `debug` are functions that wait for a debugger.
    """

    launch: LaunchSettings
    servers: Servers
    programs: Programs
    report: Callable[[str], object]
    changed: asyncio.Event
    provisioner: ProvisionerRun
    overrides: Overrides = NO_OVERRIDES
    debug: tuple[DebugTarget, ...] = ()
    host: EmbeddedHost = field(init=False)
    sources: SourcePaths = field(init=False, default=NO_SOURCES)
    _folder: Folder | None = field(init=False, default=None)
    _debug_notes: tuple[str, ...] = field(init=False, default=())
    _preparation: Preparation = field(init=False)

    def __post_init__(self) -> None:
        self._preparation = Preparation(self.programs, self.report)
        self.host = EmbeddedHost(self.launch, lambda _: SharedLauncher(self.programs.launcher))

    def poll(self) -> Stamps:
        """The stamps of the files of config/ and of the folders of the functions that were read last."""
        config = self.launch.root / "config"
        files = {name: stamp(config / name) for name in ("functions.yml", "routing.yml", RESOURCES)}
        if self.overrides.env_vars is not None:
            files[ENV_VARS] = stamp(self.overrides.env_vars)
        files[ENV_FILE] = stamp(self.launch.root / ENV_FILE)
        return files | {str(folder): tree_stamp(folder) for folder in self._watched()}

    async def wait(self, seconds: float) -> None:
        """Wait up to `seconds`, or until `changed` is set."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.changed.wait(), seconds)
        self.changed.clear()

    async def read(self, changed: frozenset[str]) -> Revision:
        """Read, provision, build, install. Raises ConfigurationError.

        Nothing has changed then but tables, buckets and the cache of packages.
        """
        folder = with_overrides(read_folder(self.launch.root, self.launch.tools), self.overrides)
        waiting = debugged(folder, self.debug)
        folder = waiting.apply(folder)
        stack = folder.configuration.stack
        region = stack.region
        launch = replace(
            self.launch,
            region=region,
            runtime_files=runtime_files(folder.root),
            debug_ports=waiting.ports,
            function_credentials=stack.function_credentials,
        )
        # At the start, one function that cannot be built or installed must not hold up the others. Later, the change is
        # refused, and the function goes on as it was.
        broken: dict[str, str] | None = {} if self._folder is None else None
        prepared = self._preparation.prepare(folder.runnable, launch, broken)
        steps: list[Coroutine[Any, Any, object]] = [prepared]
        before = self._folder
        differs = before is None or before.configuration.stack.region != region
        if differs or not changed.isdisjoint((RESOURCES, ENV_FILE)):
            # A reset that was requested at the start must not delete the data of a table that drifts later.
            run = self.provisioner if before is None else replace(self.provisioner, first_options=())
            steps.append(provision(launch, self.servers, self.programs, self.report, run))
        launch, *_ = await _run_concurrently(steps)
        folder = folder.without(broken or {})
        self._use(folder, launch)
        self._tell_debuggers(waiting, folder, launch)
        changed_code = {each.name for each in folder.runnable if not changed.isdisjoint(self._folders(each))}
        return Revision(_with_moved_urls(folder.configuration, launch.moved_urls), frozenset(changed_code))

    def started(self, url: str) -> Iterator[str]:
        """Notes for the user once it runs at `url`: edits that were not built, and how to call the routes."""
        if self._folder is not None:
            yield from self.sources.unbuilt(self.launch.root)
            yield from calling_lines(self._folder.configuration, url, self.launch.root)

    def _use(self, folder: Folder, launch: LaunchSettings) -> None:
        for note in folder.notes:
            if self._folder is None or note not in self._folder.notes:
                self.report(note)
        self._folder = folder
        self.sources = source_paths(folder.root, folder.runnable)
        self.host.settings, self.host.unsupported = launch, folder.unsupported
        self._preparation.keep(launch)

    def _tell_debuggers(self, waiting: Debugged, folder: Folder, launch: LaunchSettings) -> None:
        notes = tuple(debug_notes(waiting, folder, launch.folders, self.sources)) if waiting.ports else ()
        for note in notes if notes != self._debug_notes else ():
            self.report(note)
        self._debug_notes = notes

    def _watched(self) -> set[Path]:
        """Those of unsupported functions, too: a bootstrap may be built."""
        functions = () if self._folder is None else self._folder.configuration.functions.values()
        return {Path(folder) for each in functions for folder in self._folders(each)}

    def _folders(self, function: Function) -> set[str]:
        """With the source, if there is one: what is built of it changes with it."""
        folders = FunctionFolders(self.launch.root)
        return {str(folder) for folder in (folders.code(function), *folders.layers(function))}


def runtime_files(root: Path) -> Path | None:
    """The Python files that `esb build` writes for functions' processes."""
    folder = (root / "runtime/python").resolve()
    return folder if (folder / "sitecustomize.py").is_file() else None


def _with_moved_urls(configuration: Configuration, moved_urls: Mapping[str, str]) -> Configuration:
    """The configuration with integrations that lead to a server of the stack sent to its address on this machine."""
    routes = (
        replace(route, integration=replace(proxy, uri=with_moved_urls(proxy.uri, moved_urls)))
        if isinstance(proxy := route.integration, HttpProxy)
        else route
        for route in configuration.routes
    )
    return replace(configuration, routes=tuple(routes))


async def provision(
    launch: LaunchSettings,
    servers: Servers,
    programs: Programs,
    report: Callable[[str], object],
    run: ProvisionerRun,
) -> None:
    """Run the provisioner; `report` gets its output. What has drifted is left as it is.

    Raises ConfigurationError unless it succeeds.
    """
    file = launch.root / "config" / RESOURCES
    environment = {
        **programs.environment,
        "AWS_ACCESS_KEY_ID": launch.access_key_id,
        "AWS_SECRET_ACCESS_KEY": launch.secret_access_key,
        "AWS_REGION": launch.region,
        **servers.endpoint_variables(),
        **resource_secrets(launch.root),
        VARIABLE: str(run.record),
        COMMAND_VARIABLE: run.command,
    }
    module = (sys.executable, "-P", "-m", "esb_provisioner")
    arguments = (*module, str(file.resolve()), "--wait", _PROVISION_TIMEOUT, "--allow-drift", *run.first_options)
    code = await programs.run(Command(arguments, environment, launch.root.resolve()), report)
    if code:
        raise ConfigurationError(
            f"{file}: not everything in it could be created (esb-provision: exit code {code}); the reason is above."
        )


async def _run_concurrently(work: list[Coroutine[Any, Any, Any]]) -> list[Any]:
    """Their results. If one fails, cancel the others and raise its error."""
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(each) for each in work]
        return [each.result() for each in running]
    except BaseExceptionGroup as group:
        raise _first(group) from None


def _first(error: BaseException) -> BaseException:
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error
