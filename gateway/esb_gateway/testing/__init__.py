"""A pytest plugin that runs an application for its tests: see docs/testing.md.

    # conftest.py
    pytest_plugins = ["esb_gateway.testing"]

It is no entry point (`pytest11`): pytest would import it in each environment that ESB is installed in, for every run.
"""

from esb_gateway.testing.plugin import (
    esb,
    esb_folder,
    esb_stack,
    esb_template,
    pytest_addoption,
    pytest_runtest_makereport,
)
from esb_gateway.testing.stack import FunctionError, NotDeliveredError, RecordedInvocation, Stack

__all__ = [
    "FunctionError",
    "NotDeliveredError",
    "RecordedInvocation",
    "Stack",
    "esb",
    "esb_folder",
    "esb_stack",
    "esb_template",
    "pytest_addoption",
    "pytest_runtest_makereport",
]
