"""AWS's runtime client for Java, which Maven fetches once: the Java functions of embedded mode run with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from esb_gateway.child_processes.launcher import Command
from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.embedded.languages import Language, language_of
from esb_gateway.execution.embedded.toolchain import Toolchain
from esb_gateway.invocation import Function
from esb_gateway.local.builds.cache import Filling, entry

# https://github.com/aws/aws-lambda-java-libs
_NAME: Final = "aws-lambda-java-runtime-interface-client"
_VERSION: Final = "2.6.0"
_LIBRARIES: Final = "lib"
_PROJECT: Final = f"""\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>esb</groupId>
  <artifactId>runtime-client</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>com.amazonaws</groupId>
      <artifactId>{_NAME}</artifactId>
      <version>{_VERSION}</version>
    </dependency>
  </dependencies>
</project>
"""
_ARGUMENTS: Final = (
    "--batch-mode",
    "--quiet",
    "dependency:copy-dependencies",
    "-DincludeScope=runtime",
    f"-DoutputDirectory={_LIBRARIES}",
)


def client_folders(functions: Iterable[Function], root: Path) -> dict[str, tuple[Path, ...]]:
    """The folder with the client's libraries, by the names of the functions that need it."""
    folder = _entry(root).resolve() / _LIBRARIES
    return {each.name: (folder,) for each in functions if language_of(each.runtime) is Language.JAVA}


def fillings(
    functions: Iterable[Function], root: Path, tools: Toolchain, environment: Mapping[str, str]
) -> list[Filling]:
    """The entry of the cache, for each function that needs it."""
    asking = [each.name for each in functions if language_of(each.runtime) is Language.JAVA]
    return [_filling(name, _entry(root), tools, environment) for name in asking]


def _filling(function: str, target: Path, tools: Toolchain, environment: Mapping[str, str]) -> Filling:
    what = f"{function}: AWS's runtime client for Java ({_NAME} {_VERSION})"

    def prepare(folder: Path) -> None:
        if tools.find("mvn") is None:
            raise ConfigurationError(f"{what} is fetched with Maven, and there is no `mvn` on PATH; install it.")
        (folder / "pom.xml").write_text(_PROJECT, encoding="utf-8")

    def commands(folder: Path) -> Iterator[Command]:
        yield Command((tools.find("mvn") or "mvn", *_ARGUMENTS), environment, folder)

    return Filling(
        function,
        target,
        f"{function}: fetching AWS's runtime client for Java with Maven",
        f"{what} could not be fetched",
        commands,
        prepare,
    )


def _entry(root: Path) -> Path:
    return entry(root, hashlib.sha256(_PROJECT.encode()).hexdigest()[:16])
