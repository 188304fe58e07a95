"""Fixtures of the tests of event sources."""

from tests.gateway.async_invoke.conftest import make_queue

__all__ = ["make_queue"]
