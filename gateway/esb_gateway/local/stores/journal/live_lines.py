"""The lines of the journal that still matter. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from esb_gateway.local.stores.journal.effects import DYNAMODB, ChangeEffect, Kind, Subject

# A line takes a millisecond to replay, as 8 items of a table or 200 KB of other lines take to be written anew.
_MIN_LINES: Final = 500
_ITEMS_PER_LINE: Final = 8
_BYTES_PER_LINE: Final = 200_000
_MIN_BYTES: Final = 16 << 20


class Line(NamedTuple):
    """The place of a line in the file, in bytes."""

    start: int
    size: int


class LiveLines:
    """The lines of the journal by what they are about.

    A chain is the lines that made a subject what it is. They are dropped when it is made anew or deleted. If a line
    depends on a subject in another way, such as the copy of an object, the subject is frozen: no line about it is
    dropped. Lines that change items of tables stay until a shorter file is written with the items themselves.
    """

    def __init__(self) -> None:
        self._lines: dict[Line, ChangeEffect] = {}
        self._chains: dict[Subject, list[Line]] = {}
        self._frozen: set[Subject] = set()
        self._replaceable: dict[Line, None] = {}  # of `_lines`: what the items of tables can take the place of
        self._fresh_lines = self._fresh_bytes = 0  # of these, since the last shortening
        self._saved_items = 0
        self._dropped_lines = self._dropped_bytes = 0
        self._live_bytes = 0

    @property
    def replaces_items(self) -> bool:
        """Whether the items of tables may take the place of the lines that changed them."""
        return DYNAMODB not in self._frozen

    def add(self, line: Line, effect: ChangeEffect) -> None:
        self._lines[line] = effect
        self._live_bytes += line.size
        if effect.source is not None:
            self._freeze(effect.source)
        match effect.kind:
            case Kind.ITEMS:
                self._replaceable[line] = None
                self._fresh_lines += 1
                self._fresh_bytes += line.size
            case Kind.KEEP_ALL:
                self._freeze(effect.subjects[0])
            case Kind.END:
                self._end(line, effect.subjects)
            case Kind.END_ALL:
                self._end_all(line, effect.subjects[0])
            case Kind.END_TABLE:
                self._end_table(line, effect.subjects[0])
            case Kind.ADD | Kind.REPLACE:
                self._change(line, effect)

    def add_saved(self, lines: Iterable[Line], items: int) -> None:
        """Lines with the items of tables."""
        for line in lines:
            self.add(line, ChangeEffect(Kind.ITEMS, (DYNAMODB,)))
        self._saved_items = items
        self._fresh_lines = self._fresh_bytes = 0

    def is_due(self) -> bool:
        """Whether enough lines have lost their effect for the file to be written again without them."""
        lines, size, stays = self._dropped_lines, self._dropped_bytes, self._live_bytes
        if self.replaces_items:
            lines, size, stays = lines + self._fresh_lines, size + self._fresh_bytes, stays - self._fresh_bytes
        cost = self._saved_items // _ITEMS_PER_LINE + stays // _BYTES_PER_LINE
        return lines >= max(_MIN_LINES, cost) or size >= max(_MIN_BYTES, stays)

    def defer(self) -> None:
        """Writing a shorter file failed: it is due again after as many further lines."""
        self._fresh_lines = self._fresh_bytes = self._dropped_lines = self._dropped_bytes = 0

    def kept(self) -> list[tuple[Line, ChangeEffect]]:
        """The lines of a shorter file, in order."""
        without = self._replaceable if self.replaces_items else {}
        return [(line, effect) for line, effect in self._lines.items() if line not in without]

    def _change(self, line: Line, effect: ChangeEffect) -> None:
        (subject,) = effect.subjects
        if self._is_frozen(subject):
            return
        before = self._chains.get(subject, [])
        if effect.kind is Kind.REPLACE:
            self._drop(before)
            before = []
        absorbed = self._chains.pop(effect.absorbed, []) if effect.absorbed is not None else []
        self._chains[subject] = [*before, *absorbed, line]

    def _end(self, line: Line, subjects: Iterable[Subject]) -> None:
        if any(self._is_frozen(subject) for subject in subjects):
            return
        chains = [self._chains.pop(subject, []) for subject in subjects]
        self._drop([*(each for chain in chains for each in chain), line])

    def _end_all(self, line: Line, subject: Subject) -> None:
        if not self._is_frozen(subject) and not any(_below(self._frozen, subject)):
            self._end(line, [subject, *_below(self._chains, subject)])

    def _end_table(self, line: Line, subject: Subject) -> None:
        """Lines that changed its items need those of the table, as long as they stay."""
        if not self._is_frozen(subject):
            self._replaceable.update(dict.fromkeys([*self._chains.pop(subject, []), line]))

    def _freeze(self, subject: Subject) -> None:
        self._frozen.add(subject)
        for each in [subject, *_below(self._chains, subject)]:
            self._chains.pop(each, None)

    def _is_frozen(self, subject: Subject) -> bool:
        return any(subject[:length] in self._frozen for length in range(1, len(subject) + 1))

    def _drop(self, lines: Iterable[Line]) -> None:
        for line in lines:
            del self._lines[line]
            self._dropped_lines += 1
            self._dropped_bytes += line.size
            self._live_bytes -= line.size


def _below(subjects: Iterable[Subject], subject: Subject) -> Iterator[Subject]:
    """Those that are part of the subject."""
    return (each for each in subjects if each[: len(subject)] == subject and each != subject)
