"""The table of build methods, and which row a source has."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from esb_generator.errors import BuildError
from esb_generator.output.build_methods.build import Build, Files, Make, Source
from esb_generator.output.build_methods.dotnet import dotnet
from esb_generator.output.build_methods.esbuild import esbuild
from esb_generator.output.build_methods.go import go
from esb_generator.output.build_methods.java import java
from esb_generator.output.build_methods.makefile import makefile, makefile_of_runtime
from esb_generator.output.build_methods.nodejs import npm
from esb_generator.output.build_methods.python import python, uv
from esb_generator.output.build_methods.ruby import bundler
from esb_generator.output.build_methods.rust import rust


class Method(NamedTuple):
    """A row: a pattern of BuildMethod in Metadata, or of a runtime; `layer_folder` is None if a layer cannot have it.

    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/building-layers.html
    """

    pattern: re.Pattern[str]
    make: Make
    layer_folder: str | None = None


# The first row that matches applies. Those of runtimes also apply without a BuildMethod, if there is a manifest.
METHODS: Final = (
    Method(re.compile("makefile"), makefile, ""),
    Method(re.compile("esbuild"), esbuild),
    Method(re.compile("rust-cargolambda"), rust),
    Method(re.compile("python-uv"), uv, "python"),
    Method(re.compile(r"python\d.*"), python, "python"),
    Method(re.compile(r"nodejs\d.*"), npm, "nodejs"),
    Method(re.compile(r"ruby\d.*"), bundler, "ruby/lib"),
    Method(re.compile(r"java\d.*"), java, ""),
    Method(re.compile(r"dotnet(core)?\d*.*"), dotnet),
    Method(re.compile(r"go1\.x"), go),
)
# The manifests that build a `provided` runtime without a BuildMethod; SAM knows the first one only.
_PROVIDED: Final[tuple[Make, ...]] = (makefile_of_runtime, go, rust)


def choose(source: Source, files: Files) -> Build | None:
    """The build method of a source; None if it is used as it is.

    Raises BuildError for a method that does not exist or that does not fit the files.
    """
    if source.method is not None:
        return _row(source).make(source, files)
    if source.runtime.startswith("provided"):
        if source.is_layer or "bootstrap" in files.names:
            return None
        return next((build for make in _PROVIDED if (build := make(source, files)) is not None), None)
    row = next((row for row in METHODS if row.pattern.fullmatch(source.runtime)), None)
    if row is None or (source.is_layer and not row.layer_folder):
        return None
    return row.make(source, files)


def layer_folder(method: str | None) -> str:
    """The folder of a layer that has the content: the top, or that of the language if dependencies are added to it.

    Raises BuildError for a method that layers cannot have.
    """
    return "" if method is None else _row(Source("", "", method, is_layer=True)).layer_folder or ""


def _row(source: Source) -> Method:
    found = next((row for row in METHODS if row.pattern.fullmatch(source.method or "")), None)
    if found is None or (source.is_layer and found.layer_folder is None):
        owner = " of a layer" if source.is_layer else ""
        raise BuildError(
            f"BuildMethod {source.method}{owner} is unsupported; build with its own tool and name the result, without"
            " BuildMethod"
        )
    return found
