"""The Dockerfile of a function whose code is a folder, an archive or inline text: build stages, then its image."""

import functools
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from esb_generator.model import Function
from esb_generator.output.build_methods.build import Build
from esb_generator.output.build_methods.images import base_image, glibc
from esb_generator.output.images.build_stages import SECRETS, image_of, image_variables
from esb_generator.output.images.containers import is_node, is_python
from esb_generator.output.rendering.texts import render

ARTIFACTS: Final = "/artifacts"
_BUILD_SCRIPT: Final = "type=bind,from=esb-runtime,source=build,target=/esb/build"
_UV: Final = "type=bind,from=uv,source=/uv,target=/usr/local/bin/uv"
_UV_ENVIRONMENT: Final = {"UV_LINK_MODE": "copy"}  # the cache is on another file system


class Part(NamedTuple):
    """The code or a layer of a function: its folder in the build context, and its build, if it has one.

    The build's sources and manifests are in its folder `home`.
    """

    folder: str
    build: Build | None = None
    home: str = ""


def function_dockerfile(
    function: Function,
    code: Part,
    layers: Sequence[Part] = (),
    bootstrap: str | None = None,
    web_adapter: str | None = None,
) -> str:
    """The Dockerfile of a function with its layers, the lowest first.

    `bootstrap` is the program of a `provided` runtime: AWS's images look for it in the code alone, not in layers.
    `web_adapter` is the image from which the Lambda Web Adapter is copied.
    Common instructions come first, so that functions share them in the builder's cache.
    """
    runtime = function.entry.runtime or ""
    return _dockerfile(
        _Values(
            base_image(runtime),
            ".".join(map(str, glibc(runtime))),
            function.entry.handler,
            bootstrap,
            is_python(function),
            is_node(function),
            tuple(_named(code, layers)),
            web_adapter,
        )
    )


class _NamedPart(NamedTuple):
    name: str
    part: Part
    target: str


class _Values(NamedTuple):
    """The values that the template is rendered with."""

    base_image: str
    glibc: str
    handler: str | None
    bootstrap: str | None
    is_python: bool
    is_node: bool
    parts: tuple[_NamedPart, ...]
    web_adapter: str | None


class _Stage(NamedTuple):
    name: str
    image: str
    platform: str
    folder: str
    environment: Mapping[str, str]
    mounts: tuple[str, ...]
    build: Build


def _named(code: Part, layers: Sequence[Part]) -> Iterator[_NamedPart]:
    for number, layer in enumerate(layers, 1):
        yield _NamedPart(f"layer-{number}", layer, "/opt/")
    yield _NamedPart("build", code, "/var/task/")


@functools.lru_cache  # most functions of an application have the same Dockerfile
def _dockerfile(values: _Values) -> str:
    stages = [_stage(each.name, each.part, each.part.build) for each in values.parts if each.part.build is not None]
    variables = dict.fromkeys(name for stage in stages for name in image_variables(stage.build.image))
    return render("function.Dockerfile.j2", {**values._asdict(), "stages": stages, "variables": list(variables)})


def _stage(name: str, part: Part, build: Build) -> _Stage:
    caches = {variable: f"/cache/{variable.lower().replace('_', '-')}" for variable in (*build.caches, *build.locked)}
    mounts = [_BUILD_SCRIPT, *(f"type=secret,id={secret}" for secret in SECRETS)]
    mounts += [_UV] if build.with_uv else []
    for variable, folder in caches.items():
        mounts.append(f"type=cache,target={folder}{',sharing=locked' if variable in build.locked else ''}")
    own = _UV_ENVIRONMENT if build.with_uv else {}
    return _Stage(
        name,
        image_of(build.image),
        "--platform=$BUILDPLATFORM " if build.image.cross else "",
        posixpath.join(part.folder, part.home, ""),
        {"ARTIFACTS_DIR": posixpath.join(ARTIFACTS, part.home).rstrip("/"), **caches, **own},
        tuple(mounts),
        build,
    )
