"""Why the gateway does not start. Errors of a running gateway are responses."""

from __future__ import annotations


class ConfigurationError(Exception):
    """The gateway cannot start as it is set up. The message is one sentence: where, what, what to do."""
