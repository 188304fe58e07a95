"""The settings: command line and environment. Only the command passes them in; no other module reads `os.environ`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from esb_cloud.errors import ConfigurationError
from esb_schemas.environment.programs import CLOUD
from esb_schemas.environment.variable import values

MIN_SIZE: Final = 16 * 1024 * 1024  # bytes
MAX_DRAIN: Final = 3600.0  # seconds

_DEFAULTS: Final = {row.name: row.default for row in CLOUD}


@dataclass(frozen=True, slots=True)
class Settings:
    """How this server runs. `data` None is a temporary file, `resources` a resources.yml, whose secrets are in
    `variables`. `max_size` in bytes; None follows the volume's free space.
    """

    host: str = "127.0.0.1"
    port: int = 4566
    data: Path | None = None
    resources: Path | None = None
    max_size: int | None = None
    auth: bool = True
    access_key: str = ""
    secret_key: str = ""
    region: str = "us-east-1"
    lambda_endpoint: str = ""
    drain_seconds: float = 10
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    testing: bool = False  # whether tests may delete everything; see testing.py


def read_settings(environment: Mapping[str, str], given: Mapping[str, object]) -> Settings:
    """The environment's settings, replaced by those `given`. Raises ConfigurationError for an invalid value."""
    known = values(CLOUD, environment)
    auth = known["ESB_AUTH"]
    if auth not in ("on", "off"):
        raise ConfigurationError(f"environment: ESB_AUTH={auth} is neither on nor off; use one of them.")
    settings = Settings(
        auth=auth == "on",
        access_key=known["AWS_ACCESS_KEY_ID"],
        secret_key=known["AWS_SECRET_ACCESS_KEY"],
        region=known["AWS_REGION"] or known["AWS_DEFAULT_REGION"],
        lambda_endpoint=known["LAMBDA_ENDPOINT"],
        drain_seconds=_seconds(known, "ESB_DRAIN_SECONDS"),
        variables=environment,
        **given,  # type: ignore[arg-type]
    )
    if settings.auth and not (settings.access_key and settings.secret_key):
        raise ConfigurationError(
            "environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are needed to check signatures; "
            "pass secrets.env, or set ESB_AUTH=off to let everyone call."
        )
    return settings


def _seconds(known: Mapping[str, str], name: str) -> float:
    text = known[name]
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= MAX_DRAIN:
        raise ConfigurationError(
            f"environment: {name}={text} is not a number of seconds from 0 to {MAX_DRAIN:g}; "
            f"leave it out for {_DEFAULTS[name]}."
        )
    return seconds
