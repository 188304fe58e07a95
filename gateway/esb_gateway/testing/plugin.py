"""The fixtures of the pytest plugin: one stack for a session, empty for each test."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

import pytest

from esb_gateway.local.engines.cloud import region_of
from esb_gateway.local.folder.credentials import SECRETS, read_credentials
from esb_gateway.testing.stack import Stack
from esb_gateway.testing.starting import StartError, build, started

_SHOWN: Final = 200  # lines of the log with a failed test


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("esb_template", "the SAM template, relative to pytest's rootdir", default="template.yaml")
    parser.addini("esb_build_options", "more options of esb build", type="args", default=[])
    parser.addini("esb_local_options", "more options of esb-gateway local", type="args", default=[])


@pytest.fixture(scope="session")
def esb_template(pytestconfig: pytest.Config) -> Path:
    """The template: that of the ini file, or of a fixture of the same name in your conftest.py."""
    return Path(pytestconfig.rootpath, pytestconfig.getini("esb_template"))


@pytest.fixture(scope="session")
def esb_folder(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the build: in pytest's cache, so that packages are installed once; never in the project."""
    with ExitStack() as stack:
        folder = _cached_folder(pytestconfig, stack)
        yield tmp_path_factory.mktemp("esb") if folder is None else folder


@pytest.fixture(scope="session")
def esb_stack(pytestconfig: pytest.Config, esb_template: Path, esb_folder: Path) -> Iterator[Stack]:
    """The application, built and running, with what the tests before have left."""
    try:
        root = build(esb_template, esb_folder, pytestconfig.getini("esb_build_options"))
        with started(root, pytestconfig.getini("esb_local_options")) as process:
            stack = Stack(process, read_credentials(root / SECRETS), region_of(root))
            yield stack
            stack.close()
    except StartError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def esb(esb_stack: Stack) -> Stack:
    """The running application, empty: no items, objects and messages, and no invocations so far."""
    esb_stack.reset()
    return esb_stack


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the log of the stack with a test that has failed."""
    report = yield
    stack = getattr(item, "funcargs", {}).get("esb")
    if report.when == "call" and report.failed and isinstance(stack, Stack):
        report.sections.append(("esb log", "\n".join(stack.log[-_SHOWN:])))
    return report


def _cached_folder(config: pytest.Config, stack: ExitStack) -> Path | None:
    """A folder of this run's own; None if pytest has no cache, or another run uses the folder."""
    if getattr(config, "cache", None) is None:
        return None
    worker = getattr(config, "workerinput", {}).get("workerid", "main")
    folder: Path = config.cache.mkdir(f"esb-{worker}")
    file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    stack.callback(os.close, file)
    with suppress(OSError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return folder
    return None
