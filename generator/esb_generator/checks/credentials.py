"""Checks that the engines support `--credentials function`. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from esb_generator.errors import BuildError
from esb_generator.model import Application
from esb_schemas.engines.engine import Engine


def check_engines(application: Application, engines: Sequence[Engine]) -> None:
    """Raise BuildError if a server that the application needs checks signatures with the stack's credentials only."""
    if not application.function_credentials:
        return
    needed = {"dynamodb": "DynamoDB", "s3": "S3"}
    for engine in engines:
        has_resources = bool(application.resources.get(needed.get(engine.service, ""), ()))
        if has_resources and engine.is_external:
            raise BuildError(
                f"--credentials function: the {engine.backend.label} server is not part of this stack, so it does not "
                "know the credentials of each function; use --credentials stack"
            )
        if has_resources and "signatures" in engine.capabilities and "function_credentials" not in engine.capabilities:
            raise BuildError(
                f"--credentials function: {engine.name} accepts a single pair of credentials; use --storage seaweedfs, "
                "or --credentials stack"
            )
