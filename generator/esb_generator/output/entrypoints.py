"""What a function's container starts, where that is read in its files: a Dockerfile, or a program named bootstrap."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from esb_generator.model import Application, Function, ImageCode
from esb_generator.output.containers import is_provided
from esb_generator.output.dockerfile import Start, Unknown, start_of, start_of_image
from esb_generator.output.source_files import SourceFile, content_of
from esb_generator.resources.findings import Notice
from esb_generator.services.lambda_.functions import BUILD_FIRST

_Files = Mapping[str, Iterable[SourceFile]]


class Starts(NamedTuple):
    """By logical id: what images of functions start, where it is known, and the program of `provided` runtimes.

    `notices` tell of images that cannot be supervised, and of programs that are not there.
    """

    images: Mapping[str, Start]
    bootstraps: Mapping[str, str]
    notices: tuple[Notice, ...]


def read_starts(application: Application, functions: _Files, layers: _Files) -> Starts:
    """What the files of functions and layers, by logical id, say of how containers start."""
    images: dict[str, Start] = {}
    bootstraps: dict[str, str] = {}
    notices: list[Notice] = []
    for function in application.functions:
        files = functions[function.logical_id]
        if isinstance(function.code, ImageCode):
            start = _start(function.code, files)
            if isinstance(start, Start):
                images[function.logical_id] = start
            else:
                notices.append(_notice(function, _unsupervised(start)))
        elif is_provided(function):
            programs = list(_programs(files, (layers[layer] for layer in function.layers)))
            bootstraps[function.logical_id] = programs[0] if programs else "/var/task/bootstrap"
            if not programs:
                text = "starts a program named bootstrap, which neither the code nor a layer has"
                notices.append(_notice(function, f"{function.runtime} {text}; {BUILD_FIRST}"))
    return Starts(images, bootstraps, tuple(notices))


def _start(code: ImageCode, files: Iterable[SourceFile]) -> Start | Unknown:
    if code.context is None:
        return start_of_image(code.uri or "")
    wanted = posixpath.normpath(code.dockerfile)
    text = content_of(next((file for file in files if file.path == wanted), None)) or ""
    return start_of(text, code.target, code.build_args)


def _programs(code: Iterable[SourceFile], layers: Iterable[Iterable[SourceFile]]) -> Iterator[str]:
    """Where a container has a program named bootstrap, the one that is started first.

    https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html
    """
    if any(file.path == "bootstrap" for file in code):
        yield "/var/task/bootstrap"
    if any(file.path == "bootstrap" for layer in layers for file in layer):
        yield "/opt/bootstrap"


def _unsupervised(start: Unknown) -> str:
    return (
        f"{start.reason}, so it starts its runtime itself: one invocation at a time in each container, and none is"
        " killed at its deadline; an image FROM public.ecr.aws/lambda/… gets more"
    )


def _notice(function: Function, text: str) -> Notice:
    return Notice(function.mark, function.logical_id, "AWS::Serverless::Function", text)
