"""What can be in the way of a measurement."""


class NotHere(Exception):
    """Something cannot be had on this machine; the message says what and why."""
