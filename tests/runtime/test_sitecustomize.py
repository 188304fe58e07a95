"""How the runtime is loaded into an interpreter, and what happens if that fails."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from .conftest import Interpreter, VictoriaLogs


def path(*folders: Path) -> str:
    return os.pathsep.join(map(str, folders))


def test_another_sitecustomize_runs_as_well(python: Interpreter, runtime_folder: Path) -> None:
    other = python.folder / "other"
    other.mkdir()
    (other / "sitecustomize.py").write_text("import sys; sys.other_ran = __file__")
    result = python.run("import sys; print(sys.other_ran)", PYTHONPATH=path(runtime_folder, other))
    assert result.stdout.strip() == str(other / "sitecustomize.py")


def test_python_reports_the_error_of_another_sitecustomize(python: Interpreter, runtime_folder: Path) -> None:
    other = python.folder / "other"
    other.mkdir()
    (other / "sitecustomize.py").write_text("raise ValueError('broken')")
    result = python.run("print('runs')", PYTHONPATH=path(runtime_folder, other))
    assert result.stdout == "runs\n"
    assert "ValueError: broken" in result.stderr


def test_a_botocore_that_cannot_be_redirected_cannot_be_imported(python: Interpreter) -> None:
    package = python.folder / "botocore"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "session.py").write_text("class Session: pass")
    result = python.run("try:\n import botocore.session\nexcept ImportError as error: print(error)")
    assert result.stdout.startswith(
        "esb: botocore cannot be imported, because it cannot be redirected to the stack: Attr"
    )


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (None, "backends.json cannot be read (No such file or directory); run esb build again"),
        ("", "backends.json is not a table of services; run esb build again"),
        ('{"endpoint_variables": {"s3": "S3_END', "backends.json is not a table of services; run esb build again"),
        ('{"endpoint_variables": {}}', "backends.json is not a table of services; run esb build again"),
    ],
)
def test_without_its_table_a_program_runs_but_cannot_reach_aws_by_accident(
    python: Interpreter, runtime_folder: Path, table: str | None, reason: str
) -> None:
    broken = python.folder / "broken"
    shutil.copytree(runtime_folder, broken)
    (broken / "backends.json").unlink()
    if table is not None:
        (broken / "backends.json").write_text(table)

    result = python.run(
        "print('runs')\ntry:\n import botocore.session\nexcept ImportError as error: print(error)",
        PYTHONPATH=str(broken),
        VICTORIALOGS_URL="http://127.0.0.1:9",
    )

    printed, error = result.stdout.splitlines()
    assert printed == "runs"
    assert error.startswith("esb: botocore cannot be imported, because it cannot be redirected to the stack: ")
    assert error.endswith(reason)
    assert result.stderr.startswith("esb: log lines are not shipped from this process: ")
    assert result.stderr.rstrip().endswith(reason)


def test_modules_that_are_not_needed_are_not_loaded(python: Interpreter) -> None:
    code = "import sys; print(*sorted(set(sys.modules) & {'typing', 're', 'json', 'socket', 'threading', 'logging'}))"
    result = python.run(code, VICTORIALOGS_URL="http://127.0.0.1:9")
    assert result.stdout == "\n"


def test_a_module_with_a_callback_keeps_its_loader(python: Interpreter) -> None:
    code = """
import importlib, importlib.util, inspect, sys
assert importlib.util.find_spec("logging").name == "logging"
import logging
assert type(logging.__spec__.loader).__name__ == type(logging.__loader__).__name__ == "SourceFileLoader"
assert "class Handler" in inspect.getsource(logging)
importlib.reload(logging)
print("fine")
"""
    assert python.run(code, VICTORIALOGS_URL="http://127.0.0.1:9").stdout == "fine\n"


@pytest.mark.server
def test_a_program_that_counts_its_children_sees_only_its_own(python: Interpreter, logs: VictoriaLogs) -> None:
    code = """
import os
children = set()
for _ in range(3):
    child = os.fork()
    if child == 0:
        os._exit(0)
    children.add(child)
seen = {os.wait()[0] for _ in range(3)}
try:
    os.wait()
except ChildProcessError:
    print(seen == children)
"""
    assert python.run(code, VICTORIALOGS_URL=logs.url).stdout == "True\n"


@pytest.mark.server
def test_closed_descriptors_are_supported(python: Interpreter, logs: VictoriaLogs) -> None:
    code = f"""
import os, subprocess, sys
inner = [sys.executable, "-c", "import sys; print('out') if sys.stdout else None; sys.exit(4)"]
environment = dict(os.environ, VICTORIALOGS_URL="{logs.url}")
print(subprocess.run(["sh", "-c", '"$@" >&- 2>&-', "sh", *inner], env=environment).returncode)
"""
    assert python.run(code).stdout == "4\n"
