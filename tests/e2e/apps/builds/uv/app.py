"""Needs a package that uv.lock pins."""

import importlib.util

import toolz


def handler(event, context):
    return {"own": toolz.first("abc"), "dev": importlib.util.find_spec("pytest") is not None}
