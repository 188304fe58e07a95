"""Rust: the program of a Cargo package, as bootstrap.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/building-rust.html
"""

from __future__ import annotations

import posixpath
import shlex
from typing import Any, Final

from esb_generator.errors import BuildError
from esb_generator.output.build_methods.build import Build, BuildImage, Files, Source, check_properties
from esb_generator.output.build_methods.images import AL2023_GLIBC, glibc
from esb_generator.output.build_methods.manifests import mapping, read_toml

MANIFEST: Final = "Cargo.toml"
# Debian 12 has glibc 2.36, but a Rust program needs 2.34 at most, which each build checks. Amazon Linux 2 has 2.26: for
# it, programs are built on Alpine with musl and need no glibc.
_DEBIAN: Final = "rust:1-slim-bookworm"
_ALPINE: Final = "rust:1-alpine"


def rust(source: Source, files: Files) -> Build | None:
    """A release build; None without Cargo.toml."""
    path = posixpath.join(source.package, MANIFEST)
    manifest = read_toml(files, path)
    if manifest is None:
        if source.method is None:
            return None
        raise BuildError(f"BuildMethod {source.method} needs {MANIFEST} in the folder")
    check_properties(source, ("Binary",))
    program = shlex.quote(_program(source, manifest))
    of_package = f" --manifest-path {shlex.quote(path)}" if source.package else ""
    return Build(
        "rust",
        BuildImage("ESB_BUILD_IMAGE_RUST", _DEBIAN if glibc(source.runtime) >= AL2023_GLIBC else _ALPINE),
        # Cargo compares modification times, and builds share the target folder.
        "find . -type f -exec touch {} +\n"
        f"cargo build --release --bin {program}{of_package}\n"
        f'cp "${{CARGO_TARGET_DIR:-target}}"/release/{program} "$ARTIFACTS_DIR/bootstrap"',
        ("cargo",),
        caches=("CARGO_HOME",),
        locked=("CARGO_TARGET_DIR",),
    )


def _program(source: Source, manifest: dict[str, Any]) -> str:
    if named := source.properties.get("Binary"):
        return str(named)
    package = mapping(manifest, MANIFEST, "package")
    inherits = any(isinstance(value, dict) and value.get("workspace") for value in package.values())
    if inherits and "workspace" not in manifest and not source.package:
        raise BuildError(
            f"{MANIFEST} belongs to a workspace, which is outside the project; keep the template in the"
            " workspace's folder, or above it"
        )
    targets = manifest.get("bin", [])
    if not isinstance(targets, list) or not all(isinstance(each, dict) for each in targets):
        raise BuildError(f"{MANIFEST}: bin must be an array of tables")
    programs = [str(each["name"]) for each in targets if "name" in each]
    default = package.get("default-run", package.get("name"))
    if len(programs) == 1:
        return programs[0]
    if default is None or (programs and default not in programs):
        raise BuildError(f"{MANIFEST} has several programs; name one in BuildProperties: {{Binary: …}}")
    return str(default)
