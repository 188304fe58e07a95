"""Files of variables: what is written is read again, by us and by a shell."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from esb_schemas.settings_files.env_file import UnquotableError, connection_variable, dump, load, value_variable

VALUES = {
    "PLAIN": "ab/c=12+",
    "EMPTY": "",
    "DOLLAR": "p$w#d ${HOME} $(id)",
    "SINGLE": 'it\'s $5 "q" \\n back',
    "DOUBLE": '"quoted"',
    "LINES": "two\nlines\nA=b",
    "TICK": "a`b",
    "SIGNS": "a;b#c ~!",
}


def test_values_come_back() -> None:
    assert load(dump(VALUES)) == VALUES
    assert load("A=b c\n# comment\n\nB = no\nC=x=y\n") == {"A": "b c", "C": "x=y"}


def test_a_shell_reads_the_same(tmp_path: Path) -> None:
    """Compose does, too: tried with 2.26. `docker stack deploy` reads what a shell has read."""
    (tmp_path / ".env").write_text(dump(VALUES))
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    script = f"set -a; . ./.env; set +a; {sys.executable} -c '{code}'"
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    known = json.loads(done.stdout)
    assert {name: known[name] for name in VALUES} == VALUES


@pytest.mark.parametrize("value", ["' and `", "end\\", "a\rb", "a\0b"])
def test_a_value_that_they_would_read_differently_is_refused(value: str) -> None:
    with pytest.raises(UnquotableError):
        dump({"A": value})


def test_variables_of_different_functions_are_different() -> None:
    pairs = [("a", "B"), ("a_", "B"), ("a-", "B"), ("a", "_B"), ("a_0", "B"), ("a__0B", "C"), ("a", "B_0C")]
    assert len({value_variable(*pair) for pair in pairs}) == len(pairs)


def test_variables_of_different_connections_are_different() -> None:
    pairs = [("a.b", 1), ("a_b", 1), ("a-b", 1), ("a_2b", 1), ("a", 12), ("a_01", 2), ("a", 1)]
    assert len({connection_variable(*pair) for pair in pairs}) == len(pairs)
