"""Errors of an export."""


class FolderError(Exception):
    """The folder cannot be used; the text is one sentence: where, what, what to do."""
