"""Detects whether a connection on the server has the secrets of resources.yml, although no API returns them.

The ARN of a connection's secret ends in a few characters. esb-cloud derives them from the connection's parameters; at
AWS they are random.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

_PREFIX: Final = "ESB"  # of the characters that esb-cloud makes
_ROUNDS: Final = 100_000  # so that a weak secret cannot be guessed quickly from the ARN


def secret_version(connection_id: str, parameters: Mapping[str, Any]) -> str:
    """The characters for the `AuthParameters` of the connection with this id (the last part of its ARN)."""
    text = json.dumps(parameters, sort_keys=True)
    digest = hashlib.pbkdf2_hmac("sha256", text.encode(), connection_id.encode(), _ROUNDS)
    return _PREFIX + base64.b32encode(digest).decode()[:10]


def is_version(text: str) -> bool:
    """Whether esb-cloud derived these characters."""
    return text.startswith(_PREFIX) and len(text) == len(_PREFIX) + 10
