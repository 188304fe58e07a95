""".NET: a project is published for Linux."""

from __future__ import annotations

from typing import Final

from esb_generator.errors import BuildError
from esb_generator.output.build_methods.build import Build, Files, Source, check_properties
from esb_generator.output.build_methods.images import of_runtime, sam_image

_RID: Final = {"x86_64": "linux-x64", "arm64": "linux-arm64"}
_PROJECTS: Final = (".csproj", ".fsproj", ".vbproj")


def dotnet(source: Source, files: Files) -> Build | None:
    """The runtime has .NET itself; a custom runtime gets a program of its own. None without a project."""
    projects = sorted(name for name in files.names if "/" not in name and name.endswith(_PROJECTS))
    if not projects:
        if source.method is None:
            return None
        raise BuildError(f"BuildMethod {source.method} needs a .csproj at the top of the folder")
    check_properties(source, ())
    own = "true" if source.runtime.startswith("provided") else "false"
    build_for = source.runtime if source.runtime.startswith("dotnet") else source.method or ""
    return Build(
        "dotnet",
        of_runtime("ESB_BUILD_IMAGE_DOTNET", sam_image(build_for), source.runtime),
        f"dotnet publish --configuration Release --runtime {_RID[source.architecture]} --self-contained {own}"
        f' --output "$ARTIFACTS_DIR"',
        ("dotnet",),
        caches=("NUGET_PACKAGES",),
    )
