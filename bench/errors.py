"""Errors of a measurement."""


class Unavailable(Exception):
    """Something is not available on this machine; the message says what and why."""
