"""What an image entrypoints, by its Dockerfile."""

from __future__ import annotations

import pytest

from esb_generator.output.images.dockerfile_reader import (
    Entrypoint,
    UnknownEntrypoint,
    dockerfile_entrypoint,
    dockerfile_extension,
    image_entrypoint,
)

ENTRYPOINT = ("/lambda-entrypoint.sh",)
AWS = "public.ecr.aws/lambda/python:3.12"


@pytest.mark.parametrize(
    ("dockerfile", "entrypoint", "command"),
    [
        (f'FROM {AWS}\nCMD ["app.handler"]', ENTRYPOINT, ("app.handler",)),
        (f"FROM {AWS}", ENTRYPOINT, ()),
        (f'from {AWS} as base\ncmd [ "a.b" ]', ENTRYPOINT, ("a.b",)),
        (
            "FROM --platform=linux/amd64 amazon/aws-lambda-nodejs:20\nCMD app.handler",
            ENTRYPOINT,
            ("/bin/sh", "-c", "app.handler"),
        ),
        (f'FROM {AWS}@sha256:00\nENTRYPOINT ["/run"]\nCMD ["x"]', ("/run",), ("x",)),
        (f'FROM {AWS} AS one\nCMD ["x"]\nFROM one\nENTRYPOINT ["/run"]', ("/run",), ()),
        (f'FROM {AWS} AS one\nCMD ["x"]\nFROM node:20 AS build\nFROM One', ENTRYPOINT, ("x",)),
        (f'FROM golang:1 AS build\nRUN x\nFROM {AWS}\nCOPY --from=build /x /x\nCMD ["x"]', ENTRYPOINT, ("x",)),
        ('ARG V="3.12"\nARG I=public.ecr.aws/lambda/python:$V\nFROM ${I}\nCMD ["x"]', ENTRYPOINT, ("x",)),
        ('FROM public.ecr.aws/lambda/${LANG:-ruby}:3.3\nCMD ["x"]', ENTRYPOINT, ("x",)),
        (f'# CMD ["no"]\nFROM {AWS}\nCMD \\\n  # a word\n  ["x", \\\n  "y"]', ENTRYPOINT, ("x", "y")),
        (f'# escape=`\nFROM {AWS}\nCMD `\n  ["x"]', ENTRYPOINT, ("x",)),
        (f'FROM {AWS}\nRUN <<EOF\nCMD no\nFROM no\nEOF\nCMD ["x"]', ENTRYPOINT, ("x",)),
        (f'FROM {AWS}\nCOPY <<-"A" <<B /x/\nENTRYPOINT no\nA\nCMD no\nB\nCMD ["x"]', ENTRYPOINT, ("x",)),
    ],
)
def test_an_image_of_aws_starts_its_entrypoint_and_what_the_dockerfile_says(
    dockerfile: str, entrypoint: tuple[str, ...], command: tuple[str, ...]
) -> None:
    assert dockerfile_entrypoint(dockerfile) == Entrypoint(entrypoint, command)


def test_the_target_is_the_stage_that_is_built() -> None:
    dockerfile = f'FROM {AWS} AS Run\nCMD ["run"]\nFROM {AWS} AS test\nCMD ["test"]'

    assert dockerfile_entrypoint(dockerfile, "run") == Entrypoint(ENTRYPOINT, ("run",))
    assert dockerfile_entrypoint(dockerfile) == Entrypoint(ENTRYPOINT, ("test",))


def test_a_build_argument_goes_before_its_default() -> None:
    assert dockerfile_entrypoint("ARG BASE=scratch\nFROM $BASE", None, {"BASE": AWS}) == Entrypoint(ENTRYPOINT, ())


@pytest.mark.parametrize(
    ("dockerfile", "target", "reason"),
    [
        ('FROM alpine:3\nCMD ["x"]', None, "the entrypoint of the image alpine:3 is not known"),
        (
            "FROM public.ecr.aws/sam/build-python3.12",
            None,
            "the entrypoint of the image public.ecr.aws/sam/build-python3.12 is not known",
        ),
        ("FROM $MISSING", None, "the entrypoint of the image  is not known"),
        (f"FROM {AWS}", "run", "its Dockerfile has no stage run"),
        ("RUN x", None, "its Dockerfile has no FROM"),
    ],
)
def test_of_other_images_it_is_not_known(dockerfile: str, target: str | None, reason: str) -> None:
    assert dockerfile_entrypoint(dockerfile, target) == UnknownEntrypoint(reason)


@pytest.mark.parametrize(
    ("dockerfile", "target", "found"),
    [
        ("FROM a\nCOPY --from=x/adapter:1 /adapter /opt/extensions/adapter", None, "/opt/extensions/adapter"),
        ('FROM a\nADD --chmod=755 ["x y", "/opt/extensions/"]', None, "/opt/extensions/"),
        ('FROM a AS base\nCOPY x /opt/extensions/x\nFROM base\nCMD ["y"]', None, "/opt/extensions/x"),
        ("FROM a AS base\nCOPY x /opt/extensions/x\nFROM a AS run", "run", None),
        ("FROM a\nCOPY . .", None, None),
        ("FROM a", "missing", None),
        ("", None, None),
    ],
)
def test_extensions_are_what_is_copied_to_their_folder(dockerfile: str, target: str | None, found: str | None) -> None:
    assert dockerfile_extension(dockerfile, target) == found


def test_a_stage_that_is_named_like_its_own_image_does_not_refer_to_itself() -> None:
    assert dockerfile_entrypoint("FROM base AS base") == UnknownEntrypoint(
        "the entrypoint of the image base is not known"
    )


def test_the_name_of_an_image_tells_enough_when_it_is_one_of_aws() -> None:
    assert image_entrypoint("public.ecr.aws/lambda/provided:al2023") == Entrypoint(ENTRYPOINT, ())
    assert image_entrypoint("registry.example/app:1") == UnknownEntrypoint(
        "the entrypoint of the image registry.example/app:1 is not known"
    )
