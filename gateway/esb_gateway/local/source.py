"""The folder of `esb-gateway local` as it is now, and all that has to be done before it can be served by.

Tables and buckets are made and packages installed first, and only then are new routes live. A function whose code or
layers are not what they were gets new processes.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.embedded_host import EmbeddedHost
from esb_gateway.execution.launch import LaunchSettings, code_folder, layer_folders
from esb_gateway.execution.processes import Command, SharedLauncher
from esb_gateway.execution.unsupported_runtime import PartialHost
from esb_gateway.file_stamps import stamp, tree_stamp
from esb_gateway.invocation import Function
from esb_gateway.local import dependencies
from esb_gateway.local.folder import Folder, read_folder
from esb_gateway.local.programs import Programs
from esb_gateway.reloading import Revision, Stamps

RESOURCES: Final = "resources.yml"
_PATIENCE: Final = "600"  # seconds: a long journal takes a while to replay; stores that end are noticed at once


@dataclass(slots=True)
class LocalSource:
    """A reloading.Source, and the hosting of its functions.

    `embedding` is what all configurations have in common; `stores` the URL of the database and storage; `say` gets
    lines for the person.
    """

    embedding: LaunchSettings
    stores: str
    programs: Programs
    say: Callable[[str], object]
    changed: asyncio.Event  # set by who knows that the folder has changed
    hosting: PartialHost = field(init=False)
    _embedded: EmbeddedHost = field(init=False)
    _folder: Folder | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._embedded = EmbeddedHost(self.embedding, lambda _: SharedLauncher(self.programs.launcher))
        self.hosting = PartialHost(self._embedded, {})

    def look(self) -> Stamps:
        """The files of config/, and the folders of the functions that were read last."""
        config = self.embedding.root / "config"
        files = {name: stamp(config / name) for name in ("functions.yml", "routing.yml", RESOURCES)}
        return files | {str(folder): tree_stamp(folder) for folder in self._watched()}

    async def wait(self, seconds: float) -> None:
        """For so long, or until `changed`."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.changed.wait(), seconds)
        self.changed.clear()

    async def read(self, changed: frozenset[str]) -> Revision:
        """Read, provision, install. Raises ConfigurationError, and all is as it was, but for tables and packages."""
        folder = read_folder(self.embedding.root)
        region = folder.configuration.stack.region
        embedding = replace(self.embedding, region=region)
        required = dependencies.required(folder.runnable, folder.root)
        steps = [dependencies.install(required, embedding.environment, self.programs.run, self.say)]
        if RESOURCES in changed or self._folder is None or self._folder.configuration.stack.region != region:
            steps.append(provision(embedding, self.stores, self.programs, self.say))
        await _side_by_side(steps)
        self._take(folder, replace(embedding, dependencies=dependencies.folders_by_function(required)))
        other = {each.name for each in folder.runnable if not changed.isdisjoint(self._folders(each))}
        return Revision(folder.configuration, frozenset(other))

    def _take(self, folder: Folder, embedding: LaunchSettings) -> None:
        for note in folder.notes:
            if self._folder is None or note not in self._folder.notes:
                self.say(note)
        self._folder = folder
        self._embedded.settings = embedding
        self.hosting.unsupported = folder.refused

    def _watched(self) -> set[Path]:
        functions = () if self._folder is None else self._folder.runnable
        return {Path(folder) for each in functions for folder in self._folders(each)}

    def _folders(self, function: Function) -> set[str]:
        root = self.embedding.root
        return {str(folder) for folder in (code_folder(function, root), *layer_folders(function, root))}


async def provision(embedding: LaunchSettings, stores: str, programs: Programs, say: Callable[[str], object]) -> None:
    """Run the provisioner; what it prints is for the person. Raises ConfigurationError unless it succeeds."""
    file = embedding.root / "config" / RESOURCES
    environment = {
        **programs.environment,
        "AWS_ACCESS_KEY_ID": embedding.access_key_id,
        "AWS_SECRET_ACCESS_KEY": embedding.secret_access_key,
        "AWS_REGION": embedding.region,
        "DYNAMODB_ENDPOINT": stores,
        "S3_ENDPOINT": stores,
    }
    module = (sys.executable, "-P", "-m", "esb_provisioner")
    command = Command((*module, str(file.resolve()), "--wait", _PATIENCE), environment, embedding.root.resolve())
    code = await programs.run(command, say)
    if code:
        raise ConfigurationError(
            f"{file}: not all of it is there (esb-provision: exit code {code}); the reason is above."
        )


async def _side_by_side(work: list[Coroutine[Any, Any, None]]) -> None:
    """When one fails the others are given up, and its error is raised as it is."""
    try:
        async with asyncio.TaskGroup() as tasks:
            for each in work:
                tasks.create_task(each)
    except BaseExceptionGroup as group:
        raise _first(group) from None


def _first(error: BaseException) -> BaseException:
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error
