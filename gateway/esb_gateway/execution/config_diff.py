"""The functions that differ between two configurations. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter

from esb_gateway.invocation import Function

# Attributes that a slot reads at its start. The gateway applies all others (timeout, scaling, aliases, ...) at once.
_READ_BY_SLOTS = attrgetter(
    "arn", "handler", "runtime", "code", "layers", "builds", "environment", "memory_size", "log_format", "published"
)


@dataclass(frozen=True, slots=True)
class FunctionChanges:
    """Sorted names of functions, each in one of these at most; `restarted` ones need new slots, too."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    adjusted: tuple[str, ...] = ()
    restarted: tuple[str, ...] = ()

    def __str__(self) -> str:
        """For the log: `added a, b; removed c`, or `the same functions`."""
        kinds = {"added": self.added, "removed": self.removed, "changed": (*self.adjusted, *self.restarted)}
        parts = [f"{kind} {', '.join(sorted(names))}" for kind, names in kinds.items() if names]
        return "; ".join(parts) or "the same functions"


def compare_functions(
    old: Mapping[str, Function], new: Mapping[str, Function], changed_code: Iterable[str] = ()
) -> FunctionChanges:
    """Compare the functions by name. `changed_code` names functions whose files have changed."""
    common = sorted(old.keys() & new.keys())
    restarted = {name for name in common if _read_by_slots(old[name]) != _read_by_slots(new[name])}
    restarted |= set(changed_code).intersection(common)
    return FunctionChanges(
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        adjusted=tuple(name for name in common if name not in restarted and old[name] != new[name]),
        restarted=tuple(sorted(restarted)),
    )


def _read_by_slots(function: Function) -> object:
    """`AWS_LAMBDA_INITIALIZATION_TYPE` tells a slot whether the function has a minimum."""
    return (*_READ_BY_SLOTS(function), bool(function.min_capacity))
