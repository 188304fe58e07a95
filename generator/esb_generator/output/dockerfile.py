"""What an image starts, read from the Dockerfile that it is built from. Pure: text in, ENTRYPOINT and CMD out.

https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

# AWS's images of the runtimes: they have bash, and start this. https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
AWS_IMAGE = re.compile(r"(public\.ecr\.aws/lambda/|(docker\.io/)?amazon/aws-lambda-)[a-z]+([:@].*)?")
AWS_ENTRYPOINT = ("/lambda-entrypoint.sh",)
_FROM = re.compile(r"(--platform=\S+\s+)?(?P<image>\S+)(\s+AS\s+(?P<name>\S+))?", re.IGNORECASE)
_HEREDOC = re.compile(r"<<-?(?P<quote>['\"]?)(?P<word>[A-Za-z0-9_.]+)(?P=quote)")
_VARIABLE = re.compile(r"\$(\{(?P<braced>\w+)(:-(?P<default>[^}]*))?\}|(?P<plain>\w+))")


class Start(NamedTuple):
    """ENTRYPOINT and CMD of an image, each as a list of words."""

    entrypoint: tuple[str, ...]
    command: tuple[str, ...]


class Unknown(NamedTuple):
    """Why it cannot be said what an image starts."""

    reason: str


class _Stage:
    def __init__(self, image: str, below: _Stage | None) -> None:
        self.image = image
        self.below = below  # where the image is an earlier stage
        self.entrypoint: tuple[str, ...] | None = None
        self.command: tuple[str, ...] | None = None


class _Stages:
    """The stages read so far, by name and by number, and the arguments that FROM may use."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self.arguments: dict[str, str] = {}
        self.given = given
        self.all: list[_Stage] = []
        self.named: dict[str, _Stage] = {}


def start_of(text: str, target: str | None = None, build_args: Mapping[str, str] | None = None) -> Start | Unknown:
    """What the last stage of a Dockerfile, or its `target`, starts, where it is made of one of AWS's own images."""
    stages = _stages(text, build_args or {})
    if not stages.all:
        return Unknown("its Dockerfile has no FROM")
    stage = stages.named.get(target.lower()) if target else stages.all[-1]
    if stage is None:
        return Unknown(f"its Dockerfile has no stage {target}")
    return _start_of_stage(stage)


def start_of_image(image: str) -> Start | Unknown:
    """What an image starts of which only the name is known: one of AWS's starts its own entrypoint."""
    if AWS_IMAGE.fullmatch(image):
        return Start(AWS_ENTRYPOINT, ())
    return Unknown(f"what the image {image} starts is not known")


def _start_of_stage(stage: _Stage) -> Start | Unknown:
    base = _start_of_stage(stage.below) if stage.below is not None else start_of_image(stage.image)
    if isinstance(base, Unknown):
        return base
    # An ENTRYPOINT takes away the CMD of the image below.
    command = stage.command if stage.command is not None else () if stage.entrypoint is not None else base.command
    return Start(base.entrypoint if stage.entrypoint is None else stage.entrypoint, command)


def _stages(text: str, build_args: Mapping[str, str]) -> _Stages:
    stages = _Stages(build_args)
    for keyword, rest in _instructions(text):
        match keyword:
            case "ARG" if not stages.all:
                _argument(rest, stages)
            case "FROM":
                _open(rest, stages)
            case "ENTRYPOINT" if stages.all:
                stages.all[-1].entrypoint = _words(rest)
            case "CMD" if stages.all:
                stages.all[-1].command = _words(rest)
    return stages


def _argument(rest: str, stages: _Stages) -> None:
    for word in rest.split():
        name, _, default = word.partition("=")
        stages.arguments[name] = stages.given.get(name, _filled_in(default.strip("\"'"), stages.arguments))


def _open(rest: str, stages: _Stages) -> None:
    found = _FROM.match(rest)
    image = _filled_in(found["image"], stages.arguments) if found else rest
    stage = _Stage(image, stages.named.get(image.lower()))
    if found and found["name"]:
        stages.named[found["name"].lower()] = stage
    stages.named[str(len(stages.all))] = stage
    stages.all.append(stage)


def _filled_in(text: str, arguments: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        return arguments.get(found["braced"] or found["plain"]) or found["default"] or ""

    return _VARIABLE.sub(value, text)


def _words(rest: str) -> tuple[str, ...]:
    """The exec form as it is, the shell form as the shell that runs it."""
    try:
        words = json.loads(rest)
    except ValueError:
        return ("/bin/sh", "-c", rest)
    if isinstance(words, list) and all(isinstance(word, str) for word in words):
        return tuple(words)
    return ("/bin/sh", "-c", rest)


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    """Keyword in capitals and the rest, without comments, continued lines put together, here-documents left out."""
    escape = "`" if re.match(r"(#.*\n)*#\s*escape\s*=\s*`", text, re.IGNORECASE) else "\\"
    lines = iter(text.splitlines())
    for first in lines:
        line = first.strip()
        if not line or line.startswith("#"):
            continue
        while line.endswith(escape) and (following := next(lines, None)) is not None:
            if following.strip() and not following.lstrip().startswith("#"):
                line = line[:-1] + following.strip()
        for heredoc in _HEREDOC.finditer(line):
            while (inside := next(lines, None)) is not None and inside.strip() != heredoc["word"]:
                pass
        keyword, _, rest = line.partition(" ")
        yield keyword.upper(), rest.strip()
