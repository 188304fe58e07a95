"""The images that functions run in, the images that build for them, and the glibc of each runtime."""

from __future__ import annotations

import re

from esb_generator.output.build_methods.build import BuildImage
from esb_schemas.lazy_pattern import LazyPattern

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
_RUNTIME = LazyPattern(r"(?P<language>[a-z]+)(?P<version>[0-9.]*?)(\.x)?(?P<suffix>\.al2|\.al2023)?$")
# The first version of each language on Amazon Linux 2023; those before are on Amazon Linux 2.
_ON_AL2023 = {"dotnet": (8,), "java": (21,), "nodejs": (20,), "python": (3, 12), "ruby": (3, 3)}
# https://docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html
AL2023_GLIBC, AL2_GLIBC, AL1_GLIBC = (2, 34), (2, 26), (2, 17)


def base_image(runtime: str) -> str:
    """AWS's base image of a runtime identifier: public.ecr.aws/lambda/python:3.12 for python3.12."""
    match = _RUNTIME.fullmatch(runtime)
    language, version, suffix = match.group("language", "version", "suffix") if match else (runtime, "", None)
    tag = f"{version}{suffix or ''}".lstrip(".")
    return f"public.ecr.aws/lambda/{language}:{tag or 'latest'}"


def sam_image(runtime: str) -> str:
    """The image in which `sam build --use-container` builds for a runtime.

    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-image-repositories.html
    """
    return f"public.ecr.aws/sam/build-{runtime}"


def glibc(runtime: str) -> tuple[int, ...]:
    """The version of glibc in a runtime; (2, 34) on Amazon Linux 2023, (2, 26) on Amazon Linux 2."""
    match = _RUNTIME.fullmatch(runtime)
    language, version, suffix = match.group("language", "version", "suffix") if match else (runtime, "", None)
    if suffix:
        return AL2023_GLIBC if suffix == ".al2023" else AL2_GLIBC
    if language in ("go", "provided"):
        return AL1_GLIBC
    number = tuple(int(part) for part in version.split(".") if part)
    return AL2023_GLIBC if number >= _ON_AL2023.get(language, (0,)) else AL2_GLIBC


def of_runtime(variable: str, default: str, runtime: str) -> BuildImage:
    """The build image of a single runtime; ESB_BUILD_IMAGE_PYTHON3_12 overrides it for python3.12."""
    return BuildImage(variable, default, f"ESB_BUILD_IMAGE_{re.sub(r'[^A-Z0-9]', '_', runtime.upper())}")
