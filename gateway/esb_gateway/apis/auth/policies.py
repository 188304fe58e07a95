"""Evaluates the IAM policies that authorizers return. Pure.

"Output from an API Gateway Lambda authorizer" and "IAM JSON policy elements" in AWS's guides: a statement applies if
its action and its resource match, `*` matches any text and `?` any character, and an explicit deny overrides all.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final
from urllib.parse import unquote

INVOKE: Final = "execute-api:Invoke"


class Effect(Enum):
    """The effect of a policy on a call. If no statement applies, it is an implicit deny."""

    ALLOW = "Allow"
    IMPLICIT_DENY = "no statement"
    EXPLICIT_DENY = "Deny"


class InvalidPolicy(Exception):
    """API Gateway would not accept the document; the message says why."""


def evaluate(document: object, resource: str) -> Effect:
    """The effect on a call of the method with this ARN. Raises InvalidPolicy."""
    if not isinstance(document, dict):
        raise InvalidPolicy("policyDocument is not an object")
    statements = document.get("Statement")
    listed = statements if isinstance(statements, list) else [statements]
    effects = [effect for effect in (_effect(statement, resource) for statement in listed) if effect is not None]
    if Effect.EXPLICIT_DENY in effects:
        return Effect.EXPLICIT_DENY
    return Effect.ALLOW if effects else Effect.IMPLICIT_DENY


def method_arn(api_arn: str, stage: str, method: str, path: str) -> str:
    """The ARN of a method as `methodArn` has it; `path` is the request's, without its stage.

    The path is decoded as it is for matching routes, so that no other spelling of it evades a statement.
    """
    segments = (unquote(segment).replace("/", "%2F") for segment in path.removeprefix("/").split("/"))
    return f"{api_arn}/{stage}/{method}/{'/'.join(segments)}"


def _effect(statement: object, resource: str) -> Effect | None:
    """The effect of a statement; None if it does not apply.

    Conditions are not evaluated: an Allow with a condition never applies, a Deny always.
    """
    if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
        raise InvalidPolicy("a Statement has no Effect of Allow or Deny")
    actions, resources = _texts(statement, "Action"), _texts(statement, "Resource")
    allows = statement["Effect"] == "Allow"
    applies = any(matches(action.lower(), INVOKE.lower()) for action in actions)
    if not applies or not any(matches(pattern, resource) for pattern in resources):
        return None
    if allows:
        return None if statement.get("Condition") else Effect.ALLOW
    return Effect.EXPLICIT_DENY


def _texts(statement: Mapping[str, Any], key: str) -> list[str]:
    value = statement.get(key)
    texts = [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
    if not texts or (isinstance(value, list) and len(texts) < len(value)):
        raise InvalidPolicy(f"a Statement has no {key}")
    return texts


def matches(pattern: str, text: str) -> bool:
    """Match the whole text with a pattern of `*` and `?`.

    On a mismatch it goes back to the last `*` only, which then takes one character more. So the time is at most
    proportional to the product of the two lengths, where a regular expression's could grow exponentially.
    """
    at = here = 0
    star = resume = -1
    while here < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, resume = at, here
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[here]):
            at, here = at + 1, here + 1
        elif star >= 0:
            resume += 1
            at, here = star + 1, resume
        else:
            return False
    return set(pattern[at:]) <= {"*"}
