"""`nox -s compare`: runs the acceptance program on all servers and writes docs/comparison.md.

`-- SERVER …` runs it on some of them and prints what fails; nothing is written. Exit codes: 0 done; 1 esb-cloud fails a
case without a stated reason; 2 wrong usage.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.compare.page import OURS, ServerOutcomes, page, totals, unexpected
from bench.compare.run_cases import ALL
from bench.compare.servers import SERVERS
from bench.errors import Unavailable
from bench.peers import HOME, ROOT
from bench.run import Run

PAGE = ROOT / "docs/comparison.md"


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="nox -s compare --", description="Runs the acceptance program.")
    parser.add_argument("servers", nargs="*", choices=[[], *SERVERS], metavar="SERVER", help=", ".join(SERVERS))
    names = parser.parse_args(arguments).servers
    comparison = compare(names or list(SERVERS))
    for server, found in comparison.outcomes.items():
        for case, outcome in zip(comparison.cases, found, strict=True):
            if outcome:
                print(f"{server}: {case.service}: {case.says}: {outcome}{' (differs)' if case.differs else ''}")
    print(*totals(comparison), sep="\n")
    if not names and not comparison.absent:
        PAGE.with_suffix(".new").write_text(page(comparison), encoding="utf-8")
        PAGE.with_suffix(".new").replace(PAGE)
        print(f"wrote {PAGE.relative_to(ROOT)}")
    ours = comparison.outcomes.get(OURS, ())
    return 1 if any(map(unexpected, comparison.cases, ours)) else 0


def compare(names: Sequence[str]) -> ServerOutcomes:
    """Run the cases on these servers, one after the other."""
    outcomes, absent, versions = dict[str, list[str]](), dict[str, str](), set[str]()
    for name in names:
        with tempfile.TemporaryDirectory(prefix="esb-compare-", ignore_cleanup_errors=True) as folder:
            run = Run(Path(folder), HOME / "bench-programs", quick=False, versions=versions)
            try:
                outcomes[name] = SERVERS[name](run)
            except Unavailable as error:
                absent[name] = str(error)
    return ServerOutcomes(ALL, outcomes, absent, versions)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
