"""The parts of a plan: frozen steps, each with its resource and its cause.

A change has exactly one API call; a wait and the load of a seed have several.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, TypeAlias


class Resource(NamedTuple):
    """A resource by its kind ("table") and its name; sorts by kind, then name."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class ApiCall:
    """One API call: the AWS service as boto3 names it, the client's method, and its keyword arguments."""

    service: str
    operation: str
    params: Mapping[str, Any]


Answer: TypeAlias = Mapping[str, Any]
Api: TypeAlias = Callable[[ApiCall], Answer]
"""Makes a call and returns the answer. Raises ServerError."""


@dataclass(frozen=True)
class Operation:
    """A change of one aspect of a resource.

    `aspect` is the key of resources.yml. If a server lacks an `essential` aspect, the resource fails; any other aspect
    is skipped with a warning. `creates`: the later steps of the resource need this one. `fallback` is the same call
    with the essential parameters only, for a server that rejects the full call.
    """

    resource: Resource
    aspect: str
    cause: str
    call: ApiCall
    essential: bool = False
    creates: bool = False
    fallback: ApiCall | None = None

    def __str__(self) -> str:
        return f"{self.resource}: {self.call.operation} ({self.cause})"

    @property
    def what(self) -> str:
        """A name for sentences."""
        return self.call.operation if self.creates else self.aspect


@dataclass(frozen=True)
class Wait:
    """Repeat `call` until `ready` accepts the answer, or with `gone` until the resource does not exist.

    Later steps of the resource depend on it.
    """

    resource: Resource
    call: ApiCall
    ready: Callable[[Answer], bool]
    gone: bool = False
    aspect: ClassVar[str] = "Status"
    essential: ClassVar[bool] = True
    creates: ClassVar[bool] = False

    def __str__(self) -> str:
        return f"{self.resource}: {self.what}"

    @property
    def what(self) -> str:
        """A name for sentences."""
        return "wait until it is deleted" if self.gone else "wait until ACTIVE"


@dataclass(frozen=True)
class Load:
    """Write the records of a seed: `run` makes the calls and raises ServerError.

    `records` is their number in words, such as `3 items`.
    """

    resource: Resource
    aspect: str
    records: str
    cause: str
    run: Callable[[Api], None]
    essential: ClassVar[bool] = True
    creates: ClassVar[bool] = False

    def __str__(self) -> str:
        return f"{self.resource}: load {self.records} ({self.cause})"

    @property
    def what(self) -> str:
        """A name for sentences."""
        return self.aspect


Step: TypeAlias = Operation | Wait | Load


@dataclass(frozen=True)
class Drift:
    """A difference that no API call repairs without losing data; `hint` says how to resolve it by hand."""

    resource: Resource
    cause: str
    hint: str

    def __str__(self) -> str:
        return f"{self.resource}: drift ({self.cause})"


@dataclass(frozen=True)
class ResourcePlan:
    """The plan of one resource: steps in order, or drift, or the reason why it cannot be read.

    `notes` are warnings that do not depend on how the steps end; `unknown` names the aspects whose current value the
    server cannot return.
    """

    resource: Resource
    steps: tuple[Step, ...] = ()
    drifts: tuple[Drift, ...] = ()
    notes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    unreadable: str | None = None

    def lines(self) -> list[str]:
        """One line for each step or problem."""
        problems = [f"{self.resource}: cannot be read ({self.unreadable})"] if self.unreadable else []
        return [*problems, *map(str, self.drifts), *map(str, self.steps)]


@dataclass(frozen=True)
class Plan:
    """The plans of all resources, sorted; `str()` has one line for each step and is empty if there is nothing to do."""

    resources: tuple[ResourcePlan, ...]

    def __str__(self) -> str:
        return "\n".join(line for plan in self.resources for line in plan.lines())

    @property
    def operations(self) -> tuple[Operation, ...]:
        """All steps that are a single call."""
        return tuple(step for step in self.changes if isinstance(step, Operation))

    @property
    def changes(self) -> tuple[Operation | Load, ...]:
        """All steps but the waits."""
        return tuple(step for plan in self.resources for step in plan.steps if not isinstance(step, Wait))
