"""`python -m bench [PART ...] [--quick] [--check | --write | --against REVISION]`.

Exit codes: 0 done; 1 a part failed, a goal that was met before is missed (with --check), or a row is slower than in the
other revision (with --against); 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, cast

from bench.errors import Unavailable
from bench.goals import Finding, regressions, slowdowns
from bench.machine import load, machine
from bench.parts import PARTS
from bench.peers import HOME, ROOT
from bench.report import Row, document, merged, page, row, table
from bench.revisions import commands_of, resolve
from bench.run import SLOWDOWN, Compare, Comparison, Measure, Run

PAGE = ROOT / "docs/performance.md"
RECORD = ROOT / "docs/performance.json"


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    options = _parser().parse_args(arguments)
    if sys.platform != "linux":
        print("bench: supported on Linux only, because it uses /proc and network namespaces", file=sys.stderr)
        return 2
    print(", ".join(machine().values()), flush=True)
    return _compare(options) if options.against else _measure(options)


def _measure(options: argparse.Namespace) -> int:
    names = options.parts or [part.name for part in PARTS]
    recorded = json.loads(RECORD.read_text()) if RECORD.exists() else {"rows": [], "versions": []}
    about: dict[str, Any] = {"taken": f"{datetime.now(UTC):%Y-%m-%d}", "load": load(), "machine": machine()}
    rows, worse, versions, failed = [], [], set[str](), False
    for part in PARTS:
        if part.name in names:
            print(f"\n{part.name}: {part.work}", flush=True)
            run, findings, failure = _run(part.name, part.measure, quick=options.quick)
            failed = failed or failure
            versions |= run.versions
            rows += [row(part.name, finding) for finding in findings]
            worse += list(regressions(recorded["rows"], part.name, findings))
    about["versions"] = sorted(versions)
    for sentence in worse if options.check else ():
        print(f"bench: {sentence}", file=sys.stderr)
    if options.write or not (options.parts or options.quick or options.check or failed):
        _write(rows, about, recorded, names)
    return 1 if failed or (options.check and worse) else 0


def _compare(options: argparse.Namespace) -> int:
    """Measure this revision and another one, interleaved, and print the verdict."""
    parts = [part for part in PARTS if part.compare and (not options.parts or part.name in options.parts)]
    if missing := set(options.parts) - {part.name for part in parts}:
        print(f"bench: no comparison of revisions for {', '.join(sorted(missing))}", file=sys.stderr)
        return 2
    try:
        commit = resolve(options.against)
        commands = commands_of(commit, print)
    except Unavailable as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    name, slower, failed = commit[:7], list[str](), False
    for part in parts:
        print(f"\n{part.name}", flush=True)
        if not (commands / part.needs).exists():
            print(f"  not measured: {name} has no {part.needs}")
            continue
        measure = partial(_compared, cast("Compare", part.compare), name, commands)
        _, findings, failure = _run(part.name, measure, quick=options.quick)
        failed = failed or failure or not findings
        slower += slowdowns(part.name, findings)
    for sentence in slower:
        print(f"bench: {sentence}", file=sys.stderr)
    if not (slower or failed):
        print(f"\nno row is slower than in {name}: every median is at most {SLOWDOWN}")
    return 1 if slower or failed else 0


def _compared(compare: Compare, name: str, commands: Path, run: Run) -> Iterable[Finding]:
    return compare(Comparison(run, name, commands))


def _parser() -> argparse.ArgumentParser:
    names = [part.name for part in PARTS]
    parser = argparse.ArgumentParser(
        prog="nox -s bench --", description="Measures ESB against other tools, on this machine."
    )
    parser.add_argument(
        "parts", nargs="*", metavar="PART", type=_known(names), help=f"one of {', '.join(names)} (default: all)"
    )
    parser.add_argument("--quick", action="store_true", help="fewer and shorter measurements; nothing is written")
    action = parser.add_mutually_exclusive_group()
    action.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit 1 if a goal that docs/performance.json records as met is missed",
    )
    action.add_argument("--write", action="store_true", help="replace these parts in docs/performance.*")
    action.add_argument(
        "--against",
        metavar="REVISION",
        help=f"compare with another revision of ESB; exit 1 if a median of new ÷ old is above {SLOWDOWN}",
    )
    return parser


def _known(names: Sequence[str]) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in names:
            raise argparse.ArgumentTypeError(f"there is no part {text}; choose from {', '.join(names)}")
        return text

    return check


def _run(name: str, measure: Measure, *, quick: bool) -> tuple[Run, list[Finding], bool]:
    """Measure and print the table; the last value says whether it failed."""
    failed = False
    with tempfile.TemporaryDirectory(prefix="esb-bench-", ignore_cleanup_errors=True) as folder:
        run = Run(Path(folder), HOME / "bench-programs", quick)
        findings: list[Finding] = []
        try:
            findings.extend(measure(run))
        except Unavailable as error:
            print(f"  unavailable: {error}")
        except Exception:  # measure the other parts nevertheless
            traceback.print_exc()
            failed = True
    for line in table(row(name, finding) for finding in findings):
        print(f"  {line}", flush=True)
    return run, findings, failed


def _write(rows: list[Row], about: dict[str, Any], recorded: dict[str, Any], names: Sequence[str]) -> None:
    """Write both files; rows of parts that were not measured are kept."""
    kept = [each for each in recorded["rows"] if each["part"] not in names]
    if kept:
        about = merged(about, recorded, names)
    works = {part.name: part.work for part in PARTS}
    ordered = [each for name in works for each in (*kept, *rows) if each["part"] == name]
    for path, text in ((RECORD, document(ordered, about)), (PAGE, page(ordered, about, works))):
        temporary = path.with_suffix(".new")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
        print(f"wrote {path.relative_to(ROOT)}")
