"""A function's own credentials, derived from the stack's secret, which therefore gives access to all of them.

The access key id contains the function's name, so nothing is stored to verify a signature. It has letters and digits
only, because some servers accept no other characters.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import Final

PREFIX: Final = "ESBF"
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def access_key_id(function: str) -> str:
    """The access key id of a function, by its name."""
    return PREFIX + base64.b32encode(function.encode()).decode().rstrip("=")


def secret_access_key(stack_secret: str, function: str) -> str:
    """The secret access key of a function; `stack_secret` is the stack's own."""
    return hmac.new(stack_secret.encode(), f"function {function}".encode(), hashlib.sha256).hexdigest()[:40]


def function_of(key_id: str) -> str | None:
    """The function that an access key id names; None for any other."""
    encoded = key_id.removeprefix(PREFIX)
    if encoded == key_id:
        return None
    try:
        name = base64.b32decode(encoded + "=" * (-len(encoded) % 8)).decode()
    except (binascii.Error, ValueError):
        return None
    return name if _NAME.fullmatch(name) and access_key_id(name) == key_id else None


def user_arn(key_id: str, account: str, partition: str) -> str:
    """The principal of a key: a function's role session, as on AWS, or the stack's root user.

    `partition` is that of the stack's region, such as `aws`.
    """
    function = function_of(key_id)
    if function is None:
        return f"arn:{partition}:iam::{account}:root"
    return f"arn:{partition}:sts::{account}:assumed-role/{function}/{function}"


def user_id(key_id: str, account: str) -> str:
    """The unique id of the principal: `<id of the role>:<function>`, or the account for the root user."""
    function = function_of(key_id)
    return account if function is None else f"{key_id}:{function}"
