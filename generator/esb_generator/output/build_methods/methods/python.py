"""Python: pip with requirements.txt, uv with pyproject.toml and uv.lock, parent packages."""

from __future__ import annotations

from typing import Final

from esb_generator.errors import BuildError
from esb_generator.output.build_methods.build import Build, BuildImage, Files, Source, check_properties
from esb_generator.output.build_methods.images import base_image, of_runtime
from esb_generator.output.build_methods.manifests import mapping, read_toml
from esb_generator.output.build_methods.pip_requirements import FILE, read_requirements

PROJECT: Final = "pyproject.toml"
LOCK: Final = "uv.lock"
PROPERTIES: Final = ("ParentPackageMode", "ParentPackages")
_PIP: Final = f'python -m pip install --disable-pip-version-check -r {FILE} -t "$ARTIFACTS_DIR"'
# Packages must fit the Python of the runtime.
_UV: Final = '--quiet --no-python-downloads --python "${ESB_PYTHON:-python}"'
_EXPORTED: Final = ".esb-requirements.txt"


def python(source: Source, files: Files) -> Build | None:
    """Requirements by pip; without them, a project that has dependencies by uv."""
    check_properties(source, () if source.is_layer else PROPERTIES)
    if (found := read_requirements(files.read)) is not None:
        # To install packages of the folder, the command needs all of it and runs again after each change.
        first = () if found.local else found.files
        return Build("python", _image(source), _PIP, ("python",), first=first, adds=True, caches=("PIP_CACHE_DIR",))
    project = read_toml(files, PROJECT)
    if project is None:
        return None
    if "project" not in project and "poetry" in mapping(project, PROJECT, "tool"):
        raise BuildError(
            f"{PROJECT} is Poetry's, which an image cannot read; run `poetry export -o {FILE}` in the code folder"
        )
    return uv(source, files) if mapping(project, PROJECT, "project").get("dependencies") else None


def uv(source: Source, files: Files) -> Build:
    """pyproject.toml, as uv.lock pins it if there is one, or requirements.txt.

    https://docs.astral.sh/uv/reference/cli/#uv-export
    """
    check_properties(source, () if source.is_layer else PROPERTIES)
    return Build(
        "python-uv",
        _image(source),
        _uv_command(files),
        ("uv",),
        first=_uv_first(files),
        adds=True,
        caches=("UV_CACHE_DIR",),
        with_uv=True,
    )


def _uv_first(files: Files) -> tuple[str, ...]:
    project = read_toml(files, PROJECT)
    if project is None:
        found = read_requirements(files.read)
        return () if found is None or found.local else found.files
    if mapping(project, PROJECT, "tool", "uv").keys() & {"sources", "workspace"}:
        return ()  # it may need packages of the folder
    return tuple(name for name in (PROJECT, LOCK) if name in files.names)


def _uv_command(files: Files) -> str:
    if PROJECT in files.names:
        lock = " --frozen" if LOCK in files.names else ""
        export = f"uv export {_UV}{lock} --no-dev --no-emit-project --no-editable --output-file {_EXPORTED} >/dev/null"
        return f"{export}\n{_uv_install(_EXPORTED)}"
    if FILE not in files.names:
        raise BuildError(f"BuildMethod python-uv needs {PROJECT} or {FILE} in the folder")
    return _uv_install(FILE)


def _uv_install(requirements: str) -> str:
    return f'uv pip install {_UV} --target "$ARTIFACTS_DIR" -r {requirements}'


def _image(source: Source) -> BuildImage:
    """The function's own image: its Python selects packages that fit the runtime."""
    runtime = source.runtime if source.runtime.startswith("python") else source.method or ""
    return of_runtime("ESB_BUILD_IMAGE_PYTHON", base_image(runtime), runtime)
