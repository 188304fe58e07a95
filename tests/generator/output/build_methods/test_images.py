"""The images of runtimes, and the glibc that each has."""

from __future__ import annotations

import pytest

from esb_generator.output.build_methods.images import base_image, glibc, of_runtime


@pytest.mark.parametrize(
    ("runtime", "image"),
    [
        ("python3.12", "python:3.12"),
        ("nodejs20.x", "nodejs:20"),
        ("java21", "java:21"),
        ("java8.al2", "java:8.al2"),
        ("ruby3.3", "ruby:3.3"),
        ("dotnet8", "dotnet:8"),
        ("provided.al2023", "provided:al2023"),
        ("provided.al2", "provided:al2"),
    ],
)
def test_a_runtime_runs_in_the_image_of_aws(runtime: str, image: str) -> None:
    assert base_image(runtime) == f"public.ecr.aws/lambda/{image}"


# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html, column "Operating system"
@pytest.mark.parametrize(
    ("runtime", "version"),
    [
        ("python3.11", (2, 26)),
        ("python3.12", (2, 34)),
        ("nodejs18.x", (2, 26)),
        ("nodejs22.x", (2, 34)),
        ("java8.al2", (2, 26)),
        ("java17", (2, 26)),
        ("java17.al2023", (2, 34)),
        ("java21", (2, 34)),
        ("dotnet6", (2, 26)),
        ("dotnet8", (2, 34)),
        ("ruby3.2", (2, 26)),
        ("ruby3.3", (2, 34)),
        ("provided.al2", (2, 26)),
        ("provided.al2023", (2, 34)),
        ("go1.x", (2, 17)),
    ],
)
def test_a_runtime_has_the_glibc_of_its_amazon_linux(runtime: str, version: tuple[int, int]) -> None:
    assert glibc(runtime) == version


def test_a_runtimes_own_variable_has_its_identifier() -> None:
    assert of_runtime("ESB_BUILD_IMAGE_NODE", "x", "nodejs22.x").of_runtime == "ESB_BUILD_IMAGE_NODEJS22_X"
