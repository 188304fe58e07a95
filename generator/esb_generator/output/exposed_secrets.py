"""Finds secrets in files that every user of the machine can read. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from esb_generator.errors import Problem
from esb_generator.output.plan import Artifact
from esb_generator.output.sources.project_files import INLINE_FILES
from esb_generator.values import Mark

_FIX = "only variables of functions and AuthParameters of connections keep their secrets out of files"
_CERTAIN = 8  # characters; a longer text in a file is a secret and not a coincidence
_WRITTEN = (".yml", *(f"/code/{name}" for name in INLINE_FILES.values()))  # files that have texts of the template


def exposed_secrets(files: Iterable[Artifact], secrets: Iterable[str], template: str) -> Iterator[Problem]:
    """A warning for each configuration file and each inline code with a secret.

    Containers read these files as another user, so they cannot be readable for the owner alone.
    """
    looked_for = [secret.encode() for secret in secrets if len(secret) >= _CERTAIN]
    for file in files:
        content = file.content if isinstance(file.content, bytes) and file.path.endswith(_WRITTEN) else b""
        if any(secret in content for secret in looked_for):
            text = f"{file.path} has a secret, and every user of this machine can read it; {_FIX}"
            yield Problem(Mark(template, 1, 1), text)
