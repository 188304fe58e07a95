"""The table of build methods, and the choice of one for a source."""

from typing import Final, NamedTuple

from esb_generator.errors import BuildError
from esb_generator.output.build_methods.build import Build, Files, Make, Source
from esb_schemas.entry_points import load_object
from esb_schemas.lazy_pattern import LazyPattern


class Method(NamedTuple):
    """A row: a pattern of BuildMethod in Metadata, or of a runtime; `layer_folder` is None if a layer cannot have it.

    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/building-layers.html
    """

    pattern: LazyPattern[str]
    function: str
    layer_folder: str | None = None

    def make(self, source: Source, files: Files) -> Build | None:
        """The build of a source; see `Make`."""
        return _make(self.function, source, files)


def _make(name: str, source: Source, files: Files) -> Build | None:
    function: Make = load_object(name)
    return function(source, files)


# The first row that matches applies. Those of runtimes also apply without a BuildMethod, if there is a manifest.
METHODS: Final = (
    Method(LazyPattern("makefile"), "esb_generator.output.build_methods.methods.makefile:makefile", ""),
    Method(LazyPattern("esbuild"), "esb_generator.output.build_methods.methods.esbuild:esbuild"),
    Method(LazyPattern("rust-cargolambda"), "esb_generator.output.build_methods.methods.rust:rust"),
    Method(LazyPattern("python-uv"), "esb_generator.output.build_methods.methods.python:uv", "python"),
    Method(LazyPattern(r"python\d.*"), "esb_generator.output.build_methods.methods.python:python", "python"),
    Method(LazyPattern(r"nodejs\d.*"), "esb_generator.output.build_methods.methods.nodejs:npm", "nodejs"),
    Method(LazyPattern(r"ruby\d.*"), "esb_generator.output.build_methods.methods.ruby:bundler", "ruby/lib"),
    Method(LazyPattern(r"java\d.*"), "esb_generator.output.build_methods.methods.java:java", ""),
    Method(LazyPattern(r"dotnet(core)?\d*.*"), "esb_generator.output.build_methods.methods.dotnet:dotnet"),
    Method(LazyPattern(r"go1\.x"), "esb_generator.output.build_methods.methods.go:go"),
)
# The manifests that build a `provided` runtime without a BuildMethod; SAM only supports the first one.
_PROVIDED: Final = (
    "esb_generator.output.build_methods.methods.makefile:makefile_of_runtime",
    "esb_generator.output.build_methods.methods.go:go",
    "esb_generator.output.build_methods.methods.rust:rust",
)


def choose(source: Source, files: Files) -> Build | None:
    """The build method of a source; None if it is used as it is.

    Raises BuildError for a method that does not exist or that does not fit the files.
    """
    if source.method is not None:
        return _row(source).make(source, files)
    if source.runtime.startswith("provided"):
        if source.is_layer or "bootstrap" in files.names:
            return None
        return next((build for name in _PROVIDED if (build := _make(name, source, files)) is not None), None)
    row = next((row for row in METHODS if row.pattern.fullmatch(source.runtime)), None)
    if row is None or (source.is_layer and not row.layer_folder):
        return None
    return row.make(source, files)


def layer_folder(method: str | None) -> str:
    """The folder within a layer for its content: the top, or the language's if dependencies are added.

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
