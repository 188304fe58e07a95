"""The Dockerfile of a function whose code is a folder, an archive or inline text."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from esb_generator.model import Function
from esb_generator.output.containers import is_python
from esb_generator.output.rendering import render
from esb_generator.output.requirements import Requirements


class Install(NamedTuple):
    """How a function's dependencies are installed: the files that pip, npm or bundler reads, and the command.

    `whole`: the command needs the whole code folder, so it runs again after each change of the code.
    """

    manifests: tuple[str, ...]
    command: str
    whole: bool = False


_BUNDLE = "bundle config set --local path vendor/bundle && bundle install"
# By the language of the runtime; the first one applies whose manifests are in the code folder.
INSTALLS = {
    "nodejs": (
        Install(("package.json", "package-lock.json"), "npm ci --omit=dev"),
        Install(("package.json",), "npm install --omit=dev"),
    ),
    "ruby": (Install(("Gemfile", "Gemfile.lock"), _BUNDLE), Install(("Gemfile",), _BUNDLE)),
}
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
_RUNTIME = re.compile(r"(?P<language>[a-z]+)(?P<version>[0-9.]*?)(\.x)?(?P<suffix>\.al2|\.al2023)?$")


def base_image(runtime: str) -> str:
    """AWS's base image of a runtime identifier: public.ecr.aws/lambda/python:3.12 for python3.12."""
    match = _RUNTIME.fullmatch(runtime)
    language, version, suffix = match.group("language", "version", "suffix") if match else (runtime, "", None)
    tag = f"{version}{suffix or ''}".lstrip(".")
    return f"public.ecr.aws/lambda/{language}:{tag or 'latest'}"


def function_dockerfile(
    function: Function,
    files: Collection[str],
    layers: Sequence[str] = (),
    requirements: Requirements | None = None,
    bootstrap: str | None = None,
) -> str:
    """The Dockerfile of a function whose code folder has `files`; `layers` are folders of the context, lowest first.

    `bootstrap` is the program of a `provided` runtime: AWS's images look for it in the code alone, not in layers.
    What functions share comes first, so that the builder's cache has it from one function to the next.
    """
    runtime = function.entry.runtime or ""
    install = _pip(requirements) if is_python(function) else _install(runtime, files)
    return _dockerfile(
        _Values(base_image(runtime), function.entry.handler, bootstrap, is_python(function), tuple(layers), install)
    )


class _Values(NamedTuple):
    """The values that the template is rendered with."""

    base_image: str
    handler: str | None
    bootstrap: str | None
    is_python: bool
    layers: tuple[str, ...]
    install: Install | None


@functools.lru_cache  # most functions of an application have the same Dockerfile
def _dockerfile(values: _Values) -> str:
    return render("function.Dockerfile.j2", values._asdict())


def _install(runtime: str, files: Collection[str]) -> Install | None:
    language = re.match(r"[a-z]+", runtime)
    candidates = INSTALLS.get(language[0] if language else "", ())
    return next((install for install in candidates if set(install.manifests) <= set(files)), None)


def _pip(requirements: Requirements | None) -> Install | None:
    if requirements is None:
        return None
    command = "python -m pip install --no-cache-dir -r requirements.txt -t /var/task"
    return Install(requirements.files, command, whole=requirements.local)
