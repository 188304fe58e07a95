"""What an IAM policy that an authorizer returned says of one call. Pure.

"Output from an API Gateway Lambda authorizer" and "IAM JSON policy elements" in AWS's guides: a statement fits when its
action and its resource do, `*` takes any text and `?` any character, and an explicit deny comes before everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final
from urllib.parse import unquote

INVOKE: Final = "execute-api:Invoke"


class Effect(Enum):
    """What a policy says of a call; nothing at all is an implicit deny."""

    ALLOW = "Allow"
    IMPLICIT_DENY = "no statement"
    EXPLICIT_DENY = "Deny"


class BadPolicy(Exception):
    """The document is none that API Gateway would accept; the message says what is wrong with it."""


def evaluate(document: object, resource: str) -> Effect:
    """Whether a call of the method with this ARN is allowed. Raises BadPolicy."""
    if not isinstance(document, dict):
        raise BadPolicy("policyDocument is not an object")
    statements = document.get("Statement")
    listed = statements if isinstance(statements, list) else [statements]
    effects = [effect for effect in (_effect(statement, resource) for statement in listed) if effect is not None]
    if Effect.EXPLICIT_DENY in effects:
        return Effect.EXPLICIT_DENY
    return Effect.ALLOW if effects else Effect.IMPLICIT_DENY


def method_arn(api_arn: str, stage: str, method: str, path: str) -> str:
    """The ARN of a method as `methodArn` has it; `path` is the request's, without its stage.

    The path is decoded as routes are matched, so that no spelling of it slips past a statement.
    """
    segments = (unquote(segment).replace("/", "%2F") for segment in path.removeprefix("/").split("/"))
    return f"{api_arn}/{stage}/{method}/{'/'.join(segments)}"


def _effect(statement: object, resource: str) -> Effect | None:
    """What a statement says of the call, if it speaks of it.

    Conditions are not evaluated: an Allow that has one lets nobody in.
    """
    if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
        raise BadPolicy("a Statement has no Effect of Allow or Deny")
    actions, resources = _texts(statement, "Action"), _texts(statement, "Resource")
    allows = statement["Effect"] == "Allow"
    speaks = any(matches(action.lower(), INVOKE.lower()) for action in actions)
    if not speaks or not any(matches(pattern, resource) for pattern in resources):
        return None
    if allows:
        return None if statement.get("Condition") else Effect.ALLOW
    return Effect.EXPLICIT_DENY


def _texts(statement: Mapping[str, Any], key: str) -> list[str]:
    said = statement.get(key)
    texts = [text for text in (said if isinstance(said, list) else [said]) if isinstance(text, str)]
    if not texts or (isinstance(said, list) and len(texts) < len(said)):
        raise BadPolicy(f"a Statement has no {key}")
    return texts


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern with `*` and `?` takes the whole text; in the time that their lengths multiply to, at most."""
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
