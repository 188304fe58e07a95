"""Errors of EventBridge, and the checks by which its services refuse a parameter (Smithy, "constraint traits")."""

from __future__ import annotations

import re
from typing import Any, Final

from esb_wire.errors import AwsError

NAME: Final = re.compile(r"[.\-_A-Za-z0-9]+", re.ASCII)
NAME_TEXT: Final = r"[\.\-_A-Za-z0-9]+"


def refused(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def not_found(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message)


def too_long(value: str, where: str, most: int) -> str:
    """The text of an error. Of the value, the beginning is enough."""
    return (
        f"1 validation error detected: Value '{value[:64]}…' at '{where}' failed to satisfy constraint: "
        f"Member must have length less than or equal to {most}"
    )


def limit_exceeded() -> AwsError:
    return AwsError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")


def check_name(
    value: str, where: str, longest: int = 64, pattern: re.Pattern[str] = NAME, text: str = NAME_TEXT
) -> None:
    """Raises AwsError for a name that a resource cannot have; `where` is its place in the request."""
    problems = []
    if not pattern.fullmatch(value):
        problems.append(f"Member must satisfy regular expression pattern: {text}")
    if len(value) > longest:
        problems.append(f"Member must have length less than or equal to {longest}")
    fail(*(f"Value '{value}' at '{where}' failed to satisfy constraint: {problem}" for problem in problems))


def check_one_of(value: Any, allowed: tuple[str, ...], where: str) -> None:
    """Raises AwsError unless the value is one of those allowed."""
    if value not in allowed:
        fail(problem_of_enum(value, allowed, where))


def problem_of_enum(value: Any, allowed: tuple[str, ...], where: str) -> str:
    text = f"Member must satisfy enum value set: [{', '.join(allowed)}]"
    return f"Value '{value}' at '{where}' failed to satisfy constraint: {text}"


def is_endpoint(url: str) -> bool:
    """Whether a URL can be that of an API destination; HTTP is allowed besides HTTPS."""
    return url.startswith(("https://", "http://")) and url.isascii() and url.isprintable() and " " not in url


def fail(*problems: str) -> None:
    """Raises AwsError with all problems, in AWS's words, if there are some."""
    if problems:
        errors = "error" if len(problems) == 1 else "errors"
        raise refused(f"{len(problems)} validation {errors} detected: {'; '.join(problems)}")
