"""README.md and docs/tutorial.md, without Docker: what they show is done in their order, in an empty HOME."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import pytest

from tests.documents import ROOT, Shell, add_function_of_tutorial, blocks, scenario
from tests.watching import until

pytestmark = pytest.mark.server


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    started = Shell(tmp_path, tmp_path)
    yield started
    started.end()


def answers(url: str) -> bool:
    try:
        build_opener(ProxyHandler({})).open(url, timeout=30).close()
    except HTTPError:
        return False
    return True


@pytest.mark.timeout(300)
def test_what_the_readme_shows(shell: Shell) -> None:
    _, _, called, asked = [shell.run(block) for block in scenario("readme")]

    assert '{"hello": "ada", "visits": 1}' in called
    assert '"hello\\": \\"grace' in called
    assert " GET /hello/ada 200 " in called
    assert asked.count("grace") == 2  # by aws, and by boto3


@pytest.mark.timeout(300)
def test_what_the_tutorial_shows(shell: Shell) -> None:
    start, serve, hello, visits, look, test, debug = scenario("tutorial")
    shell.run(start)
    shell.run(serve)
    assert shell.run(hello) == '{"hello": "ada", "visits": 1}'

    add_function_of_tutorial(shell.folder)
    until(lambda: answers(f"{shell.replace['http://localhost:8080']}/visits"))
    assert shell.run(visits) == '{"ada": 1}'

    inside = shell.run(look)
    assert inside.count('"statusCode": 200') == 2
    assert "visitors: 1" in inside

    *_, more_tests = (block.text for block in blocks(ROOT / "docs/tutorial.md") if block.language == "python")
    with (shell.folder / "test_app.py").open("a", encoding="utf-8") as file:
        file.write(f"\n\n{more_tests}")
    assert "2 passed" in shell.run(test)
    shell.run(debug)
    assert '"name": "ESB: VisitsFunction"' in (shell.home / "gateway.log").read_text()
