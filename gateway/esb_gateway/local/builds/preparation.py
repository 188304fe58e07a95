"""The steps before functions can run as processes: source is built, packages are installed.

Builds come first, because packages may be needed by what was built.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from esb_gateway.child_processes.launcher import Command
from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.embedded.languages import Language, language_of
from esb_gateway.execution.embedded.launch import LaunchSettings
from esb_gateway.execution.embedded.unsupported_runtime import older_java, other_versions
from esb_gateway.invocation import Function
from esb_gateway.local.builds import java_client, node_packages, requirements, shared_modules, source_builds
from esb_gateway.local.builds.cache import fill
from esb_gateway.local.builds.node_scope import separate
from esb_gateway.local.programs.child_programs import Programs


@dataclass(slots=True)
class Preparation:
    """Builds and installs. `report` gets lines for the user."""

    programs: Programs
    report: Callable[[str], object]
    _used: frozenset[Path] = field(init=False, default=frozenset())
    _node_version: str = field(init=False, default="")  # such as v22.15.0; empty: not asked for yet
    _has_asked_java: bool = field(init=False, default=False)

    async def prepare(
        self, functions: Iterable[Function], launch: LaunchSettings, broken: dict[str, str] | None = None
    ) -> LaunchSettings:
        """The settings with the folders that were built and installed. Raises a group of ConfigurationErrors.

        A function that cannot be built, or whose packages cannot be installed, is put into `broken`, if there is one,
        with the reason.
        """
        functions = tuple(functions)
        environment, root, tools = launch.environment, launch.root, launch.tools
        version = await self._version_of_node(functions, launch)
        await self._report_older_java(functions, launch)
        launch = replace(launch, built=await self._build(functions, launch, version, broken))
        functions = tuple(each for each in functions if each.name not in (broken or ()))
        required = requirements.required(functions, launch.folders)
        packages = node_packages.needed(functions, launch.folders, version)
        fillings = [
            *requirements.fillings(required, environment),
            *node_packages.fillings(packages, tools, environment),
            *java_client.fillings(functions, root, tools, environment),
        ]
        await fill(fillings, self.programs.run, self.report, broken)
        dependencies = {
            **requirements.folders_by_function(required),
            **node_packages.folders_by_function(packages),
            **java_client.client_folders(functions, root),
        }
        return replace(launch, dependencies=dependencies)

    def keep(self, launch: LaunchSettings) -> None:
        """Functions run with these settings now: remove what was built for others.

        What was built for the settings before stays: invocations may still run with it.
        """
        used = frozenset(launch.built.values())
        source_builds.remove_others(launch.root, used | self._used)
        self._used = used

    async def _build(
        self, functions: Iterable[Function], launch: LaunchSettings, node_version: str, broken: dict[str, str] | None
    ) -> Mapping[str, Path]:
        """The folders with what was built, by those that they take the place of."""
        root, tools, environment = launch.root, launch.tools, launch.environment
        builds = source_builds.wanted(functions, root, tools)
        new = [each for each in builds if not each.target.is_dir()]
        modules = shared_modules.shared_modules(new, root, node_version)
        await fill(shared_modules.fillings(modules, tools, environment), self.programs.run, self.report, broken)
        new = [each for each in new if each.function not in (broken or ())]
        workshop = source_builds.Workshop(root, tools, environment, shared_modules.folders_by_build(modules))
        await fill(source_builds.fillings(new, workshop), self.programs.run, self.report, broken)
        return source_builds.built_folders(each for each in builds if each.function not in (broken or ()))

    async def _version_of_node(self, functions: Iterable[Function], launch: LaunchSettings) -> str:
        """The version, if a function needs Node.js; functions that ask for another one are reported once."""
        asking = [each for each in functions if language_of(each.runtime) is Language.NODE]
        if not asking or launch.tools.node is None or self._node_version:
            return self._node_version
        separate(launch.root)
        node, lines = launch.tools.node, list[str]()
        command = Command((node, "--version"), self.programs.environment, launch.root.resolve())
        if await self.programs.run(command, lines.append) or not lines:
            raise ConfigurationError(f"{node}: does not run (`{node} --version`); install Node.js again.")
        self._node_version = lines[0].strip()
        major = self._node_version.removeprefix("v").partition(".")[0]
        for note in other_versions(asking, Language.NODE, f"nodejs{major}.x"):
            self.report(note)
        return self._node_version

    async def _report_older_java(self, functions: Iterable[Function], launch: LaunchSettings) -> None:
        """Report functions that ask for a newer Java than there is, once."""
        asking = [each for each in functions if language_of(each.runtime) is Language.JAVA]
        if not asking or launch.tools.java is None or self._has_asked_java:
            return
        self._has_asked_java = True
        lines = list[str]()
        command = Command((launch.tools.java, "-version"), self.programs.environment, launch.root.resolve())
        await self.programs.run(command, lines.append)  # if it fails, the functions do and say why
        for note in older_java(asking, "\n".join(lines)):
            self.report(note)
