"""esbuild: TypeScript and JavaScript become one file for each entry point.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-using-build-typescript.html
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from esb_generator.errors import BuildError
from esb_generator.output.build_methods.build import Build, Files, Source
from esb_generator.output.build_methods.methods import nodejs

TYPESCRIPT: Final = (".ts", ".mts", ".cts", ".tsx")
SCRIPTS: Final = (".js", ".mjs", ".cjs")  # which Node.js runs
VERSION: Final = "0.25"  # of a project that has no esbuild of its own
_ENDINGS: Final = (".ts", ".js")  # looked for in this order if an entry point has none
_EXTENSIONS: Final = (*TYPESCRIPT, *SCRIPTS, ".jsx")
_OURS: Final = ("Bundle", "Platform", "Outdir")  # set as in AWS's documentation
_NOT_FLAGS: Final = (*_OURS, "EntryPoints", "UseNpmCi")
_DEFAULTS: Final = {"Target": "es2020", "Format": "cjs", "Minify": True}
_OWN: Final = f"command -v esbuild >/dev/null || npm install --no-save {nodejs.QUIET} esbuild@{VERSION}"


def esbuild(source: Source, files: Files) -> Build:
    """Installs all dependencies, including devDependencies, which have esbuild; then bundles."""
    if not source.runtime.startswith("nodejs"):
        raise BuildError(f"BuildMethod esbuild is for nodejs runtimes, not for {source.runtime}")
    package = nodejs.read_package(files)
    entries = [_entry(name, files) for name in _entry_points(source)]
    command = " ".join(map(shlex.quote, ["esbuild", *entries, "--bundle", "--platform=node", *_flags(source, entries)]))
    return Build(
        "esbuild",
        nodejs.image(source, files),
        f'export PATH="$PWD/node_modules/.bin:$PATH"\n{_OWN}\n{command} --outdir="$ARTIFACTS_DIR"',
        ("node", "npm"),
        first=nodejs.first(files, package) if package is not None else (),
        fetch=f"{nodejs.installer(files)} {nodejs.QUIET}" if package is not None else None,
        caches=(nodejs.CACHE,),
    )


def needs_esbuild(handler: str, paths: Collection[str]) -> str | None:
    """The file that the handler names, if it is TypeScript and has not been built."""
    path = handler_module(handler)
    if any(f"{path}{ending}" in paths for ending in SCRIPTS):
        return None
    return next((f"{path}{ending}" for ending in TYPESCRIPT if f"{path}{ending}" in paths), None)


def bundles(package: str, properties: Mapping[str, Any]) -> bool:
    """Whether BuildProperties leave a package in the bundle; External and Packages leave it out."""
    external = properties.get("External")
    patterns = [each for each in external if isinstance(each, str)] if isinstance(external, list) else []
    is_external = properties.get("Packages") == "external" or any(fnmatchcase(package, each) for each in patterns)
    return not is_external


def _entry_points(source: Source) -> list[str]:
    entry_points = source.properties.get("EntryPoints")
    if entry_points is None:
        return [handler_module(source.handler)]
    if (
        not isinstance(entry_points, list)
        or not entry_points
        or not all(isinstance(each, str) for each in entry_points)
    ):
        raise BuildError("EntryPoints of BuildProperties must be a list of files")
    return entry_points


def _entry(name: str, files: Files) -> str:
    path = posixpath.normpath(name)
    candidates = [path] if posixpath.splitext(path)[1] in _EXTENSIONS else [f"{path}{ending}" for ending in _ENDINGS]
    found = next((each for each in candidates if each in files.names), None)
    if found is None:
        raise BuildError(f"esbuild's entry point {' or '.join(candidates)} is not in the code folder; set EntryPoints")
    return f"./{found}" if found.startswith("-") else found  # else it would be an option


def _flags(source: Source, entries: list[str]) -> Iterator[str]:
    """BuildProperties as esbuild's flags: MainFields is --main-fields, a list is a flag for each item.

    https://esbuild.github.io/api/
    """
    for name, value in {**_DEFAULTS, **source.properties}.items():
        if name not in _NOT_FLAGS:
            yield from _flag(f"--{re.sub(r'(?<!^)(?=[A-Z])', '-', name).lower()}", value, name)
    # Without --outbase, esbuild drops the folders of a single entry point, and the handler would not match.
    modules = {posixpath.splitext(entry)[0] for entry in entries}
    if "Outbase" not in source.properties and handler_module(source.handler) in modules:
        yield "--outbase=."


def _flag(flag: str, value: Any, name: str) -> Iterator[str]:
    if isinstance(value, bool):
        if value:
            yield flag
    elif isinstance(value, list) and all(isinstance(each, str) for each in value):
        yield from (f"{flag}:{each}" for each in value)
    elif isinstance(value, str | int):
        yield f"{flag}={value}"
    else:
        raise BuildError(f"BuildProperties {name} must be text, true, false or a list of texts")


def handler_module(handler: str) -> str:
    """The file of a handler, up to the first dot after the last slash: src/app of src/app.lambdaHandler."""
    folder, name = posixpath.split(handler)
    return posixpath.normpath(posixpath.join(folder, name.partition(".")[0]))
