"""Needs a package that pyproject.toml names."""

import importlib.util

import toolz


def handler(event, context):
    return {"own": toolz.first("abc"), "dev": importlib.util.find_spec("pytest") is not None}
