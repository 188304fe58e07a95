"""Node.js: npm with package.json and its lock file."""

from __future__ import annotations

from typing import Any, Final

from esb_generator.errors import BuildError
from esb_generator.output.build_methods.build import Build, BuildImage, Files, Source, check_properties
from esb_generator.output.build_methods.images import base_image, of_runtime, sam_image
from esb_generator.output.build_methods.manifests import mapping, read_object

MANIFEST: Final = "package.json"
LOCKS: Final = ("npm-shrinkwrap.json", "package-lock.json")
QUIET: Final = "--no-audit --no-fund --no-update-notifier"
CACHE: Final = "npm_config_cache"
_MOVE: Final = 'if [ -d node_modules ]; then mv node_modules "$ARTIFACTS_DIR/"; fi'
# Scripts that npm runs at an install; they may need any file of the project.
_SCRIPTS: Final = ("preinstall", "install", "postinstall", "prepare")
_KINDS: Final = ("dependencies", "optionalDependencies")


def npm(source: Source, files: Files) -> Build | None:
    """Installs dependencies without devDependencies; None if there are none."""
    check_properties(source, ("UseNpmCi",))  # which is what happens if there is a lock file
    if source.properties.get("UseNpmCi") is True and MANIFEST in files.names and lock(files) is None:
        raise BuildError("UseNpmCi needs a package-lock.json in the code folder; run `npm install` there")
    package = read_package(files)
    if package is None or not any(package.get(kind) for kind in _KINDS):
        return None
    install = f"{installer(files)} --omit=dev {QUIET}"
    return Build(
        "nodejs",
        image(source, files),
        f"{install}\n{_MOVE}",
        ("node", "npm"),
        first=first(files, package),
        adds=True,
        caches=(CACHE,),
    )


def image(source: Source, files: Files) -> BuildImage:
    """The function's own image, which has npm; SAM's, which also has compilers, if packages have install scripts.

    esbuild's install script needs no compiler.
    """
    name = lock(files)
    locked = (read_object(files, name) if name else None) or {}
    scripts = any(
        isinstance(each, dict) and each.get("hasInstallScript") and not path.endswith("node_modules/esbuild")
        for path, each in mapping(locked, name or "", "packages").items()
    )
    compiles = scripts or "binding.gyp" in files.names
    runtime = source.runtime if source.runtime.startswith("nodejs") else source.method or ""
    default = sam_image(runtime) if compiles else base_image(runtime)
    return of_runtime("ESB_BUILD_IMAGE_NODE", default, runtime)


def read_package(files: Files) -> dict[str, Any] | None:
    """package.json; None if there is none. Raises BuildError if it is not a JSON object."""
    return read_object(files, MANIFEST)


def lock(files: Files) -> str | None:
    """The lock file that npm takes."""
    return next((name for name in LOCKS if name in files.names), None)


def installer(files: Files) -> str:
    """npm's command: exactly what the lock file says, if there is one."""
    return "npm ci" if lock(files) else "npm install"


def first(files: Files, package: dict[str, Any]) -> tuple[str, ...]:
    """The files that npm needs; empty if it also needs packages or scripts of the folder."""
    scripts = package.get("scripts")
    local = any(
        str(version).startswith(("file:", "link:", "workspace:", ".", "/"))
        for kind in (*_KINDS, "devDependencies")
        for version in mapping(package, MANIFEST, kind).values()
    )
    if local or package.get("workspaces") or (isinstance(scripts, dict) and scripts.keys() & set(_SCRIPTS)):
        return ()
    return tuple(name for name in (MANIFEST, lock(files), ".npmrc") if name is not None and name in files.names)
