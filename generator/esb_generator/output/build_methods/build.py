"""The input and the result of a build method: the source, and the build."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple, TypeAlias

from esb_generator.errors import BuildError
from esb_generator.values import NOTHING


class Source(NamedTuple):
    """The code of a function, or a layer that it uses. `runtime` and `architecture` are the function's.

    `method` and `properties` are BuildMethod and BuildProperties of Metadata; `working_directory`, and the `package` of
    a module or a workspace, are relative to the source. `logical_id` is the one in the template, as in the
    targets of a Makefile.
    """

    logical_id: str
    runtime: str
    method: str | None = None
    properties: Mapping[str, Any] = NOTHING
    handler: str = ""
    architecture: str = "x86_64"
    is_layer: bool = False
    working_directory: str = ""
    package: str = ""


class Files(NamedTuple):
    """The files of a source: their paths, and a reader that returns a file's text, None if there is no such file."""

    names: Collection[str]
    read: Callable[[str], str | None]


class BuildImage(NamedTuple):
    """The image of a build stage: the variable that names it, and the default.

    `of_runtime` is the variable for a single runtime, which has priority. `cross`: it compiles for other platforms.
    """

    variable: str
    default: str
    of_runtime: str | None = None
    cross: bool = False


class Build(NamedTuple):
    """A build of a source.

    `command` is for `sh -e`, in a copy of the source; it writes to the folder $ARTIFACTS_DIR, and needs the programs in
    `tools`. `fetch` downloads dependencies and needs only the files in `first`; it runs before the command. With
    `adds`, the artifacts are added to the source, otherwise they replace it. `caches` are variables with folders that
    are kept between builds; those in `locked` allow one build at a time.
    """

    method: str
    image: BuildImage
    command: str
    tools: tuple[str, ...]
    first: tuple[str, ...] = ()
    fetch: str | None = None
    adds: bool = False
    caches: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()
    with_uv: bool = False

    @property
    def script(self) -> str:
        """The whole build for a machine without images. It copies the source, too, if it `adds` to it."""
        copied = 'cp -R ./. "$ARTIFACTS_DIR/"' if self.adds else None
        return "\n".join(filter(None, (copied, self.fetch, self.command)))


Make: TypeAlias = Callable[[Source, Files], Build | None]


def language(runtime: str) -> str:
    """The language of a runtime identifier: python3.12 is python, nodejs22.x is nodejs, java8.al2 is java."""
    letters = len(runtime) - len(runtime.lstrip("abcdefghijklmnopqrstuvwxyz"))
    return runtime[:letters]


def check_properties(source: Source, known: Collection[str]) -> None:
    """Raise BuildError for BuildProperties that the method does not have."""
    unknown = [name for name in source.properties if name not in known]
    if unknown:
        takes = f"takes {', '.join(sorted(known))}" if known else "has none"
        raise BuildError(f"BuildProperties {unknown[0]} is unknown: this build method {takes}; remove it")
