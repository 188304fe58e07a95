"""Why `esb-cloud` does not start. Errors of a running server are responses."""

from __future__ import annotations


class ConfigurationError(Exception):
    """The server cannot start as it is set up. The message is one sentence: where, what, what to do."""
