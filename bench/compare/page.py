"""The page docs/comparison.md: a table of cases and servers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.compare.case import Case

OURS = "esb-cloud"
_INTRODUCTION = """\
# SQS, SNS and EventBridge: esb-cloud beside moto and MiniStack

Written by `nox -s compare`. Each case asks through boto3 for something that AWS documents or was recorded to answer,
and passes if the server answers so. The cases are in `bench/compare/`; the tests of ESB run them, too.
"""


@dataclass(frozen=True, slots=True)
class ServerOutcomes:
    """The outcomes of the cases, by server; a server that is not there has its reason in `absent`."""

    cases: Sequence[Case]
    outcomes: Mapping[str, Sequence[str]]
    absent: Mapping[str, str]
    versions: Iterable[str]


def page(comparison: ServerOutcomes) -> str:
    """The content of the page."""
    return "\n".join(_lines(comparison)).rstrip("\n") + "\n"


def totals(comparison: ServerOutcomes) -> list[str]:
    """A line for each server."""
    count = len(comparison.cases)
    passed = {server: sum(not each for each in found) for server, found in comparison.outcomes.items()}
    return [
        *(f"{server}: {number} of {count}" for server, number in passed.items()),
        *(f"{server}: unavailable: {reason}" for server, reason in comparison.absent.items()),
    ]


def unexpected(case: Case, outcome: str) -> bool:
    """Whether esb-cloud fails without a reason, or passes although it is said to differ."""
    return bool(outcome) != bool(case.differs)


def _lines(comparison: ServerOutcomes) -> Iterator[str]:
    yield from (_INTRODUCTION, f"{'; '.join(totals(comparison))}. With {', '.join(sorted(comparison.versions))}.")
    services = list(dict.fromkeys(case.service for case in comparison.cases))
    for service in services:
        yield from ("", f"## {service}", "", f"| | {' | '.join(comparison.outcomes)} | source |")
        yield f"|---|{'---|' * len(comparison.outcomes)}---|"
        for at, case in enumerate(comparison.cases):
            if case.service == service:
                cells = [_cell(case, server, found[at]) for server, found in comparison.outcomes.items()]
                yield f"| {_text(case.says)} | {' | '.join(cells)} | {_text(case.source)} |"


def _cell(case: Case, server: str, outcome: str) -> str:
    if not outcome:
        return "yes"
    if server == OURS and case.differs:
        return f"no, on purpose: {_text(case.differs)}"
    return f"no: {_text(outcome[:120])}"


def _text(text: str) -> str:
    """A text in a cell: Markdown's characters are not meant."""
    for character in r"\`*_|<$[":
        text = text.replace(character, f"\\{character}")
    return text
