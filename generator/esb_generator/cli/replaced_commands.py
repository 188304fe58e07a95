"""Removed commands of `esb` and commands of `sam`, each with its replacement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

REMOVED: Final = {
    "up": "docker compose up -d",
    "down": "docker compose down",
    "stop": "docker compose stop",
    "logs": "esb-gateway logs -f",
    "watch": "esb build --watch",
    "sync": "esb build, then docker compose up -d",
    "env": "esb build, which makes .esb/secrets.env",
}
# Commands of `sam`, with the commands to use here.
SAM_COMMANDS: Final = {
    "delete": "docker compose down -v, which deletes the data, too",
    "deploy": "docker compose up -d; on another machine, copy .esb/ there first",
    "generate-event": "esb-gateway event SERVICE EVENT",
    "invoke": "esb-gateway invoke NAME -e event.json",
    "list": "esb validate, which lists the routes",
    "local": "esb-gateway local",
    "package": "esb build; .esb/ is all that a machine needs",
    "remote": "esb-gateway invoke NAME --url URL",
    "start-api": "esb-gateway local",
    "start-lambda": "esb-gateway local, which answers routes and the Lambda API on one port",
    "traces": "docker compose logs -f; traces are not kept",
}
_SAM_GROUPS: Final = ("local", "remote")  # `sam local invoke` and so on


def replacement(arguments: Sequence[str]) -> str | None:
    """A sentence with the replacement of a command; None if it has none."""
    if arguments[0] in REMOVED:
        return f"esb {arguments[0]} does not exist any more; use: {REMOVED[arguments[0]]}"
    if arguments[0] in SAM_COMMANDS:
        name = _name_in_sam(arguments)
        return f"esb {name} does not exist; use: {SAM_COMMANDS[name.split()[-1]]}"
    return None


def _name_in_sam(arguments: Sequence[str]) -> str:
    """The command that `sam` has, such as `local invoke`."""
    group, *rest = arguments
    return f"{group} {rest[0]}" if group in _SAM_GROUPS and rest and rest[0] in SAM_COMMANDS else group
