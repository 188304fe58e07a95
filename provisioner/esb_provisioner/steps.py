"""What a plan is made of: frozen steps, each with its resource, its cause and exactly one API call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias


class Resource(NamedTuple):
    """A table or a bucket; sorts by kind, then name."""

    kind: Literal["bucket", "table"]
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Call:
    """One API call: boto3's method name and its keyword arguments."""

    operation: str
    params: Mapping[str, Any]


@dataclass(frozen=True)
class Operation:
    """A change of one aspect of a resource.

    `aspect` is the file's key. A server that lacks an `essential` aspect cannot do what the file asks for; any other
    is left out with a warning. `bare` is the same call with only what the data needs, for a server that refuses the
    full one.
    """

    resource: Resource
    aspect: str
    cause: str
    call: Call
    essential: bool = False
    bare: Call | None = None

    def __str__(self) -> str:
        return f"{self.resource}: {self.call.operation} ({self.cause})"

    @property
    def what(self) -> str:
        """A name for sentences."""
        return self.call.operation if self.creates else self.aspect

    @property
    def creates(self) -> bool:
        """Whether the resource's later steps need this one."""
        return self.call.operation in ("create_bucket", "create_table")


@dataclass(frozen=True)
class Wait:
    """Ask with `call` (describe_table) until the table and its indexes are ACTIVE; the later steps need that."""

    resource: Resource
    call: Call

    def __str__(self) -> str:
        return f"{self.resource}: {self.what}"

    @property
    def what(self) -> str:
        """A name for sentences."""
        return "wait until ACTIVE"

    @property
    def aspect(self) -> str:
        """What the step is about, as of an operation."""
        return "TableStatus"


Step: TypeAlias = Operation | Wait


@dataclass(frozen=True)
class Drift:
    """A difference that no API call mends without losing data; `mend` says what a person can do."""

    resource: Resource
    cause: str
    mend: str

    def __str__(self) -> str:
        return f"{self.resource}: drift ({self.cause})"


@dataclass(frozen=True)
class ResourcePlan:
    """What there is to do about one resource: steps in their order, or drift, or the reason why it cannot be read.

    `notes` are sentences that a person should see whatever happens next; `unknown` are the aspects of which the
    server cannot tell whether they differ.
    """

    resource: Resource
    steps: tuple[Step, ...] = ()
    drifts: tuple[Drift, ...] = ()
    notes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    unreadable: str | None = None

    def lines(self) -> list[str]:
        """One line a step or finding."""
        trouble = [f"{self.resource}: cannot be read ({self.unreadable})"] if self.unreadable else []
        return [*trouble, *map(str, self.drifts), *map(str, self.steps)]


@dataclass(frozen=True)
class Plan:
    """The plans of all resources, sorted; `str()` is one line a step, nothing when there is nothing to do."""

    resources: tuple[ResourcePlan, ...]

    def __str__(self) -> str:
        return "\n".join(line for plan in self.resources for line in plan.lines())

    @property
    def empty(self) -> bool:
        """Whether everything is as the file says."""
        return not any(plan.steps or plan.drifts or plan.unreadable for plan in self.resources)

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Every change, without the waiting."""
        return tuple(step for plan in self.resources for step in plan.steps if isinstance(step, Operation))
