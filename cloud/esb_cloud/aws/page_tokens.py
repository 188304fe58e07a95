"""Tokens of pages: the name after which the next page begins, as Base64."""

from __future__ import annotations

import base64
import binascii

from esb_cloud.aws.service import Call


class InvalidToken(Exception):
    """The token was not given by `page_token`."""


def page_token(name: str) -> str:
    """The token of the page after a name."""
    return base64.urlsafe_b64encode(name.encode()).decode("ascii")


def page_start(call: Call) -> str:
    """The name after which the page begins that a call asks for; empty for the first one. Raises InvalidToken."""
    try:
        return base64.urlsafe_b64decode(call.parameters.get("NextToken", "")).decode()
    except (binascii.Error, ValueError) as error:
        raise InvalidToken from error
