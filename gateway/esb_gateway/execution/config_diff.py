"""What a new configuration changes for the functions that run. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter

from esb_gateway.invocation import Function

# What a running slot has taken in. All else (timeout, scaling, aliases, ...) is the gateway's and counts at once.
_INSIDE = attrgetter(
    "arn", "handler", "runtime", "code", "layers", "environment", "memory_size", "log_format", "min_capacity"
)


@dataclass(frozen=True, slots=True)
class Differences:
    """Names of functions, each in one of these at most and sorted: `renewed` ones need new slots, too."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    adjusted: tuple[str, ...] = ()
    renewed: tuple[str, ...] = ()

    def __str__(self) -> str:
        """For the log: `added a, b; removed c`, or `the same functions`."""
        kinds = {"added": self.added, "removed": self.removed, "changed": (*self.adjusted, *self.renewed)}
        said = [f"{kind} {', '.join(sorted(names))}" for kind, names in kinds.items() if names]
        return "; ".join(said) or "the same functions"


def differences(
    old: Mapping[str, Function], new: Mapping[str, Function], other_code: Iterable[str] = ()
) -> Differences:
    """Compare the functions by name. `other_code`: those whose files are not what they were."""
    kept = sorted(old.keys() & new.keys())
    renewed = {name for name in kept if _inside(old[name]) != _inside(new[name])} | set(other_code).intersection(kept)
    return Differences(
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        adjusted=tuple(name for name in kept if name not in renewed and old[name] != new[name]),
        renewed=tuple(sorted(renewed)),
    )


def _inside(function: Function) -> object:
    """With `AWS_LAMBDA_INITIALIZATION_TYPE`, which says whether the function has a minimum."""
    *values, minimum = _INSIDE(function)
    return (*values, bool(minimum))
