"""Reads ENTRYPOINT and CMD of an image from the Dockerfile that it is built from. Pure.

https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from esb_schemas.lazy_pattern import LazyPattern

# AWS's base images of the runtimes have bash and this entrypoint. https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
AWS_IMAGE = LazyPattern(r"(public\.ecr\.aws/lambda/|(docker\.io/)?amazon/aws-lambda-)[a-z]+([:@].*)?")
EXTENSIONS = "/opt/extensions"
AWS_ENTRYPOINT = ("/lambda-entrypoint.sh",)
# Official images with an ENTRYPOINT, by the last part of their name; most have none. It runs the CMD.
_OFFICIAL = {"nginx": "/docker-entrypoint.sh", "node": "docker-entrypoint.sh", "php": "docker-php-entrypoint"}
_WITHOUT_BASH = LazyPattern(r"alpine|busybox|distroless|^scratch$")
_INSTALLS_BASH = LazyPattern(r"\bbash\b")
_FROM = LazyPattern(r"(--platform=\S+\s+)?(?P<image>\S+)(\s+AS\s+(?P<name>\S+))?", re.IGNORECASE)
_HEREDOC = LazyPattern(r"<<-?(?P<quote>['\"]?)(?P<word>[A-Za-z0-9_.]+)(?P=quote)")
_VARIABLE = LazyPattern(r"\$(\{(?P<braced>\w+)(:-(?P<default>[^}]*))?\}|(?P<plain>\w+))")


class Entrypoint(NamedTuple):
    """ENTRYPOINT and CMD of an image, each in exec form."""

    entrypoint: tuple[str, ...]
    command: tuple[str, ...]


class UnknownEntrypoint(NamedTuple):
    """Why the ENTRYPOINT of an image is not known."""

    reason: str


class _BuildStage:
    def __init__(self, image: str, below: _BuildStage | None) -> None:
        self.image = image
        self.below = below  # the earlier stage that is the image, if it is one
        self.entrypoint: tuple[str, ...] | None = None
        self.command: tuple[str, ...] | None = None
        self.extensions: list[str] = []  # copied to the folder in which Lambda looks for extensions
        self.installs_bash = False

    def chain(self) -> Iterator[_BuildStage]:
        """This stage and those below it."""
        stage: _BuildStage | None = self
        while stage is not None:
            yield stage
            stage = stage.below


class _BuildStages:
    """The stages read so far, by name and by number, and the build arguments that FROM may use."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self.arguments: dict[str, str] = {}
        self.given = given
        self.all: list[_BuildStage] = []
        self.named: dict[str, _BuildStage] = {}


def dockerfile_entrypoint(
    text: str, target: str | None = None, build_args: Mapping[str, str] | None = None
) -> Entrypoint | UnknownEntrypoint:
    """The entrypoint of a Dockerfile's last stage, or of `target`, if it is based on one of AWS's images.

    With an extension, any image with bash is possible if the Dockerfile has its entrypoint: the extension, such as the
    Lambda Web Adapter, implements the Runtime API.
    """
    stages = _stages(text, build_args or {})
    if not stages.all:
        return UnknownEntrypoint("its Dockerfile has no FROM")
    stage = stages.named.get(target.lower()) if target else stages.all[-1]
    if stage is None:
        return UnknownEntrypoint(f"its Dockerfile has no stage {target}")
    found = _stage_entrypoint(stage)
    if isinstance(found, UnknownEntrypoint) and any(each.extensions for each in stage.chain()):
        return _extended_entrypoint(stage)
    return found


def dockerfile_extension(text: str, target: str | None = None) -> str | None:
    """An extension of Lambda that the image has: its path, as COPY names it. None if there is none.

    https://docs.aws.amazon.com/lambda/latest/dg/extensions-configuration.html
    """
    stages = _stages(text, {})
    stage = stages.named.get(target.lower()) if target else stages.all[-1] if stages.all else None
    return next((each.extensions[0] for each in stage.chain() if each.extensions), None) if stage else None


def image_entrypoint(image: str) -> Entrypoint | UnknownEntrypoint:
    """The entrypoint of an existing image, by its name; known for AWS's images only."""
    if AWS_IMAGE.fullmatch(image):
        return Entrypoint(AWS_ENTRYPOINT, ())
    return UnknownEntrypoint(f"the entrypoint of the image {image} is not known")


def _extended_entrypoint(stage: _BuildStage) -> Entrypoint | UnknownEntrypoint:
    chain = list(stage.chain())
    image = chain[-1].image
    if _WITHOUT_BASH.search(image) and not any(each.installs_bash for each in chain):
        return UnknownEntrypoint(f"the image {image} has no bash")
    program = _OFFICIAL.get(re.split("[:@]", image.rpartition("/")[2])[0])
    found = _stage_entrypoint(stage, Entrypoint((program,) if program else (), ()))
    if isinstance(found, Entrypoint) and not (found.command or any(each.entrypoint for each in chain)):
        return UnknownEntrypoint("its Dockerfile has no CMD")
    return found


def _stage_entrypoint(stage: _BuildStage, assumed: Entrypoint | None = None) -> Entrypoint | UnknownEntrypoint:
    """`assumed` is the entrypoint of the base image of all stages; None: it depends on its name."""
    if stage.below is not None:
        base = _stage_entrypoint(stage.below, assumed)
    else:
        base = assumed or image_entrypoint(stage.image)
    if isinstance(base, UnknownEntrypoint):
        return base
    # ENTRYPOINT resets the CMD of the base image.
    command = stage.command if stage.command is not None else () if stage.entrypoint is not None else base.command
    return Entrypoint(base.entrypoint if stage.entrypoint is None else stage.entrypoint, command)


def _stages(text: str, build_args: Mapping[str, str]) -> _BuildStages:
    stages = _BuildStages(build_args)
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
            case "RUN" if stages.all and _INSTALLS_BASH.search(rest):
                stages.all[-1].installs_bash = True
            case "COPY" | "ADD" if stages.all:
                stages.all[-1].extensions += [path for path in _paths(rest)[-1:] if path.startswith(EXTENSIONS)]
    return stages


def _argument(rest: str, stages: _BuildStages) -> None:
    for word in rest.split():
        name, _, default = word.partition("=")
        stages.arguments[name] = stages.given.get(name, _filled_in(default.strip("\"'"), stages.arguments))


def _open(rest: str, stages: _BuildStages) -> None:
    found = _FROM.match(rest)
    image = _filled_in(found["image"], stages.arguments) if found else rest
    stage = _BuildStage(image, stages.named.get(image.lower()))
    if found and found["name"]:
        stages.named[found["name"].lower()] = stage
    stages.named[str(len(stages.all))] = stage
    stages.all.append(stage)


def _filled_in(text: str, arguments: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        return arguments.get(found["braced"] or found["plain"]) or found["default"] or ""

    return _VARIABLE.sub(value, text)


def _words(rest: str) -> tuple[str, ...]:
    """The exec form unchanged, the shell form as a call of the shell."""
    try:
        words = json.loads(rest)
    except ValueError:
        return ("/bin/sh", "-c", rest)
    if isinstance(words, list) and all(isinstance(word, str) for word in words):
        return tuple(words)
    return ("/bin/sh", "-c", rest)


def _paths(rest: str) -> list[str]:
    """The words of COPY: sources, and the destination as the last one."""
    without_options = re.sub(r"^(--\S+\s+)+", "", rest)
    words = _words(without_options)
    return list(words) if words[:1] != ("/bin/sh",) else without_options.split()


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    """Keyword in capitals and its arguments; without comments and here-documents, continued lines joined."""
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
