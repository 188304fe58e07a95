"""`python -m bench [PART ...] [--quick] [--check] [--write]`: what is measured, printed and written; exit codes.

0 done, 1 a goal that was met is missed (with --check) or a part failed, 2 usage.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.errors import NotHere
from bench.goals import Finding, regressions
from bench.machine import load, machine
from bench.parts import PARTS
from bench.peers import HOME, ROOT
from bench.report import Row, document, page, row, table
from bench.run import Part, Run

PAGE = ROOT / "docs/performance.md"
RECORD = ROOT / "docs/performance.json"


def main(arguments: Sequence[str]) -> int:
    """Run the command; gives its exit code."""
    asked = _parser().parse_args(arguments)
    if sys.platform != "linux":
        print("bench: it measures with /proc and network namespaces, and so runs on Linux alone", file=sys.stderr)
        return 2
    names = asked.parts or [part.name for part in PARTS]
    recorded = json.loads(RECORD.read_text()) if RECORD.exists() else {"rows": [], "versions": []}
    about: dict[str, Any] = {"taken": f"{datetime.now(UTC):%Y-%m-%d}", "load": load(), "machine": machine()}
    print(", ".join(about["machine"].values()), flush=True)
    rows, worse, versions, failed = [], [], set[str](), False
    for part in PARTS:
        if part.name in names:
            run, findings, failure = _measured(part, quick=asked.quick)
            failed = failed or failure
            versions |= run.versions
            rows += [row(part.name, finding) for finding in findings]
            worse += list(regressions(recorded["rows"], part.name, findings))
    about["versions"] = sorted(versions)
    for sentence in worse if asked.check else ():
        print(f"bench: {sentence}", file=sys.stderr)
    if asked.write or not (asked.parts or asked.quick or asked.check or failed):
        _write(rows, about, recorded, names)
    return 1 if failed or (asked.check and worse) else 0


def _parser() -> argparse.ArgumentParser:
    names = [part.name for part in PARTS]
    parser = argparse.ArgumentParser(prog="nox -s bench --", description="Measures ESB against others, here.")
    parser.add_argument(
        "parts", nargs="*", metavar="PART", type=_known(names), help=f"one of {', '.join(names)}; all without any"
    )
    parser.add_argument("--quick", action="store_true", help="fewer and shorter measurements; nothing is written")
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit 1 when a goal that docs/performance.json has as met is missed",
    )
    parser.add_argument("--write", action="store_true", help="replace what docs/performance.* has of these parts")
    return parser


def _known(names: Sequence[str]) -> Any:
    def check(text: str) -> str:
        if text not in names:
            raise argparse.ArgumentTypeError(f"there is no part {text}; choose from {', '.join(names)}")
        return text

    return check


def _measured(part: Part, *, quick: bool) -> tuple[Run, list[Finding], bool]:
    """Measure a part and show it; whether it failed comes last."""
    print(f"\n{part.name}: {part.work}", flush=True)
    with tempfile.TemporaryDirectory(prefix="esb-bench-", ignore_cleanup_errors=True) as folder:
        run = Run(Path(folder), HOME / "bench-programs", quick, print)
        findings: list[Finding] = []
        try:
            findings.extend(part.measure(run))
        except NotHere as error:
            print(f"  not here: {error}")
        except Exception:  # the other parts are still worth their time
            traceback.print_exc()
            return run, findings, True
    for line in table(row(part.name, finding) for finding in findings):
        print(f"  {line}", flush=True)
    return run, findings, False


def _write(rows: list[Row], about: dict[str, Any], recorded: dict[str, Any], names: Sequence[str]) -> None:
    """Write both files; the rows of parts that were not measured stay."""
    kept = [each for each in recorded["rows"] if each["part"] not in names]
    if kept:
        about["versions"] = sorted({*about["versions"], *recorded["versions"]})
    works = {part.name: part.work for part in PARTS}
    ordered = [each for name in works for each in (*kept, *rows) if each["part"] == name]
    for path, text in ((RECORD, document(ordered, about)), (PAGE, page(ordered, about, works))):
        temporary = path.with_suffix(".new")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
        print(f"wrote {path.relative_to(ROOT)}")
