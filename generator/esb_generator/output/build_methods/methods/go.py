"""Go: a static program named bootstrap, from the module that go.mod describes."""

from __future__ import annotations

import posixpath
import shlex
from typing import Final

from esb_generator.errors import BuildError
from esb_generator.output.build_methods.build import Build, BuildImage, Files, Source, check_properties

MODULE: Final = "go.mod"
SUMS: Final = "go.sum"
_GOARCH: Final = {"x86_64": "amd64", "arm64": "arm64"}


def go(source: Source, files: Files) -> Build | None:
    """Without C, so that the program needs no glibc; None without go.mod."""
    if MODULE not in files.names:
        if source.method is None:
            return None
        where = "which is neither in the folder nor above it in the project"
        raise BuildError(f"BuildMethod {source.method} needs {MODULE}, {where}; run go mod init NAME in the folder")
    check_properties(source, ("TrimGoPath",))
    # AWS's retired runtime for Go starts the program that the handler names, the others bootstrap.
    program = source.handler if source.runtime == "go1.x" else "bootstrap"
    has_vendor = "vendor/modules.txt" in files.names
    flags = "-trimpath " if source.properties.get("TrimGoPath") is True else ""
    if SUMS not in files.names and not has_vendor:
        flags += "-mod=mod "  # writes the hashes of what go.mod names, which go demands, into the copy of the source
    environment = f"CGO_ENABLED=0 GOOS=linux GOARCH={_GOARCH[source.architecture]}"
    package = shlex.quote(_package(source, files))
    return Build(
        "go",
        BuildImage("ESB_BUILD_IMAGE_GO", "golang:1-bookworm", cross=True),
        f'{environment} go build {flags}-o "$ARTIFACTS_DIR"/{shlex.quote(program)} {package}',
        ("go",),
        first=() if has_vendor else tuple(name for name in (MODULE, SUMS) if name in files.names),
        fetch=None if has_vendor else "go mod download",
        caches=("GOMODCACHE", "GOCACHE"),
    )


def _package(source: Source, files: Files) -> str:
    """The folder with the program: that of CodeUri or the handler, the top, or the only one with a main.go."""
    if source.package:
        return f"./{source.package}"
    folders = {
        posixpath.dirname(name) for name in files.names if name.endswith(".go") and not name.endswith("_test.go")
    }
    if "" in folders:
        return "."
    if source.handler in folders:
        return f"./{source.handler}"
    programs = sorted(posixpath.dirname(name) for name in files.names if posixpath.basename(name) == "main.go")
    programs = [folder for folder in programs if not folder.startswith("vendor/")]
    if len(programs) == 1:
        return f"./{programs[0]}"
    found = f"{len(programs)} folders with a main.go" if programs else "no main.go"
    raise BuildError(f"go.mod has {found}; let Handler name the folder of the program, such as cmd/hello")
