"""The stack's backing services: which environment variable holds the URL of which service, and which hosts are AWS's.

`esb build` writes `backends.json` beside this file, from the table of services that all of ESB has in common. So no
service is listed here. Importing this module reads the file; it raises OSError or ValueError if that fails.
"""

from __future__ import annotations

import os
from _json import make_scanner
from binascii import b2a_base64

TYPE_CHECKING = False  # importing typing would cost more than all of this
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "backends.json")  # noqa: PTH100, PTH118, PTH120
LOGS = "logs"  # botocore's name of CloudWatch Logs, whose place the stack's log server takes


class Decoder:
    """The settings of `json.JSONDecoder`."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float, parse_int, parse_constant = float, int, float


def parse(text: str) -> object:
    """The value of a JSON text; raises ValueError.

    Uses the scanner of the json module without that module, which loads re: it would double the cost of each start.
    """
    try:
        return make_scanner(Decoder)(text, 0)[0]  # type: ignore[arg-type]  # it reads attributes only
    except Exception:  # without the json module, the scanner cannot raise its own errors
        import json  # noqa: PLC0415

        return json.loads(text)


def read(path: str) -> list[Any]:
    """Names of variables by botocore's names of services: URLs inside, URLs for clients outside, user and password.

    Then the domains of AWS, and the host name that takes their place in this stack.
    """
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123  (pathlib would cost more than all of this)
            table: Any = parse(file.read())
        keys = ("endpoint_variables", "public_endpoint_variables", "basic_auth_variables")
        return [*(dict(table[key]) for key in keys), list(table["aws_hosts"])]
    except OSError as error:
        raise OSError(f"{path} cannot be read ({error.strerror}); run esb build again") from None
    except (LookupError, TypeError, ValueError):
        raise ValueError(f"{path} is not a table of services; run esb build again") from None


ENDPOINTS, PUBLIC_ENDPOINTS, BASIC_AUTH, AWS_HOSTS = read(FILE)


def address(service: str, environ: Mapping[str, str]) -> str | None:
    """The URL of a service inside the stack; None if the stack has no such service."""
    return environ.get(ENDPOINTS.get(service, "")) or None


def public_address(service: str, environ: Mapping[str, str]) -> str | None:
    """The URL by which clients outside the stack reach a service; None if it has none of its own."""
    return environ.get(PUBLIC_ENDPOINTS.get(service, "")) or None


def authorization(service: str, environ: Mapping[str, str]) -> str:
    """The value of the header Authorization for a service; "" if it has no name in the environment.

    Basic authentication as in RFC 7617.
    """
    username, password = (environ.get(name, "") for name in BASIC_AUTH.get(service, ("", "")))
    if not username:
        return ""
    return f"Basic {b2a_base64(f'{username}:{password}'.encode(), newline=False).decode()}"
