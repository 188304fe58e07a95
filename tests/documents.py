"""The blocks of the documents, and a shell that runs them.

A comment before each block of commands says what becomes of it: `<!-- run: NAME -->` for a test that runs it (several
names with commas), or `<!-- shown: REASON -->`. A test gets its blocks by `scenario("NAME")`.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.watching import until

ROOT = Path(__file__).parents[1]
GENERATED = {
    "cloud-operations.md",
    "commands.md",
    "contracts.md",
    "endpoints.md",
    "engines.md",
    "exit-codes.md",
    "variables.md",
}
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/*.md")])
TRANSLATION = ROOT / "README.ja.md"  # its commands are those of README.md
COMMANDS = ("sh", "console")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DIRECTIVE = re.compile(r"<!-- (run|shown): (.+?) -->\n\n?$")
_PROMPT = "$ "
_SECONDS = 280.0  # for one block
_AWS = Path(__file__).with_name("aws_cli.py")
_SERVER = "esb-gateway local"


@dataclass(frozen=True)
class Block:
    """A fenced block: where its fence is, what it is written in, and the comment before it."""

    page: Path
    line: int
    language: str
    text: str
    scenarios: tuple[str, ...] = ()
    reason: str = ""  # if it is shown and not run

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    def script(self) -> str:
        """What a shell runs: of a console, the lines after the prompts."""
        if self.language == "console":
            lines = self.text.splitlines()
            return "".join(f"{line.removeprefix(_PROMPT)}\n" for line in lines if line.startswith(_PROMPT))
        if self.language == "python":
            return f"python - <<'END'\n{self.text}END\n"
        return self.text


def blocks(page: Path) -> Iterator[Block]:
    """Every fenced block of a page, in order."""
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        before = text[: found.start()]
        directive = _DIRECTIVE.search(before)
        kind, value = (directive[1], directive[2]) if directive else ("", "")
        names = tuple(name.strip() for name in value.split(",")) if kind == "run" else ()
        reason = value if kind == "shown" else ""
        yield Block(page, before.count("\n") + 1, found[1], found[2], names, reason)


def scenario(name: str) -> list[Block]:
    """The blocks that belong to a test, page by page."""
    pages = (page for page in PAGES if page != TRANSLATION)
    return [block for page in pages for block in blocks(page) if name in block.scenarios]


def make_tools(folder: Path) -> Path:
    """A folder for PATH: an `aws`, a `python` that has ESB, a `pip` that finds all there."""
    folder.mkdir(parents=True, exist_ok=True)
    python = shlex.quote(sys.executable)
    tools = {"aws": f"{python} {shlex.quote(str(_AWS))}", "pip": "true", "python": python}
    for name, run in tools.items():
        (folder / name).write_text(f'#!/bin/sh\nexec {run} "$@"\n')
        (folder / name).chmod(0o755)
    return folder


@dataclass
class Shell:
    """A person's terminal in a new HOME: the current folder stays from block to block, variables do not.

    `replace` has what is otherwise on this machine, such as an address. `esb-gateway local` runs in the background
    until the next one starts; `end` is for the last one.
    """

    home: Path
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    replace: dict[str, str] = field(default_factory=dict)
    gateway: subprocess.Popen[bytes] | None = None

    def run(self, block: Block) -> str:
        """Run a block; returns what it prints. A command that fails is an AssertionError with its output."""
        before: list[str] = []
        for line in block.script().splitlines():
            if line.startswith(_SERVER):
                self.script("\n".join(before), str(block))
                self.serve(line)
                before = []
            else:
                before.append(line)
        return self.script("\n".join(before), str(block))

    def script(self, text: str, name: str) -> str:
        for shown, here in self.replace.items():
            text = text.replace(shown, here)
        where = self.home / ".where"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f"{text}\npwd > {shlex.quote(str(where))}\n"],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        assert done.returncode == 0, f"{name}: {text}\n{done.stdout}\n{done.stderr}"
        self.folder = Path(where.read_text().rstrip("\n"))
        return done.stdout

    def serve(self, command: str) -> None:
        """Start `esb-gateway local` on free ports; the commands after it find it there."""
        self.end()
        words = shlex.split(command.replace(_SERVER, f"{_SERVER} --port 0"), comments=True)
        output = self.home / "gateway.log"
        with output.open("w") as log:
            self.gateway = subprocess.Popen(words, cwd=self.folder, env=self.environment(), stdout=log, stderr=log)
        gateway = self.gateway
        until(lambda: gateway.poll() is not None or "\ns3: http" in output.read_text(), 120)
        assert gateway.poll() is None, f"{command}: {output.read_text()}"
        url = re.search(r"^ready: (\S+)$", output.read_text(), re.MULTILINE)
        assert url is not None
        self.replace["http://localhost:8080"] = url[1]
        self.variables["ESB_GATEWAY_PORT"] = url[1].rpartition(":")[2]

    def end(self) -> None:
        """End the gateway as Ctrl-C does."""
        if self.gateway is not None:
            self.gateway.send_signal(signal.SIGINT)
            self.gateway.wait(60)
            self.gateway = None

    def environment(self) -> dict[str, str]:
        path = os.pathsep.join(
            [str(make_tools(self.home / "bin")), str(Path(sys.executable).parent), os.environ["PATH"]]
        )
        kept = {name: value for name, value in os.environ.items() if name in ("LANG", "UV_SYSTEM_CERTS", "NO_PROXY")}
        return {**kept, "HOME": str(self.home), "PATH": path, **self.variables}


def add_function_of_tutorial(project: Path) -> None:
    """The edit that docs/tutorial.md makes: a function, and its resource in the template."""
    found = {block.language: block.text for block in reversed(list(blocks(ROOT / "docs/tutorial.md")))}
    (project / "src/visits").mkdir()
    (project / "src/visits/app.py").write_text(found["python"], encoding="utf-8")
    template = project / "template.yaml"
    text = template.read_text(encoding="utf-8")
    template.write_text(text.replace("Resources:\n", f"Resources:\n{found['yaml']}\n", 1), encoding="utf-8")


def copy_of_example(name: str, folder: Path) -> Path:
    """The sources of an example, without what a build has left."""
    ignored = shutil.ignore_patterns(".esb", "compose.yaml", "esb.env")
    return Path(shutil.copytree(ROOT / "examples" / name, folder, ignore=ignored))
