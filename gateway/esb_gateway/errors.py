"""Why the gateway does not start. What callers of a running gateway get is in responses.py and invoke.py."""

from __future__ import annotations


class ConfigurationError(Exception):
    """The gateway cannot start as it is set up; the message is one sentence: where, what, how to mend it."""
