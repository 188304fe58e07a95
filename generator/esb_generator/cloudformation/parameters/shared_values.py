"""Values that the templates of a build share: exports, which Fn::ImportValue reads, and SSM parameters.

On AWS, a stack must be deployed before another one reads its values. Here, the template that reads a value is often
resolved first. So a stack is opened (its conditions and names can then be resolved) when a value is looked up, and each
value is resolved on demand.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol, TypeAlias

from esb_generator.cloudformation.resource_values.placeholders import Placeholder
from esb_generator.errors import TemplateError
from esb_generator.values import Map, Mark, Seq, Value, as_text

Path: TypeAlias = tuple[str, ...]


class SharedValue(NamedTuple):
    """A resolved value, and the placeholders that it depends on."""

    value: Value
    placeholders: tuple[Placeholder, ...] = ()


class ValueSource(Protocol):
    """A stack whose values can be resolved."""

    @property
    def stack_name(self) -> str:
        """Its name, as AWS::StackName gives it."""

    def outputs(self) -> Iterator[tuple[str, Map]]:
        """The outputs whose condition holds."""

    def parameter_store(self) -> Iterator[tuple[str, str]]:
        """The name of each SSM parameter, and its logical id."""

    def resolved(self, path: Path, node: Value, at: Mark) -> Value:
        """A value at a place of the template. Raises TemplateError."""

    def output(self, name: str, at: Mark) -> SharedValue:
        """The value of an output. Raises TemplateError, also for one that depends on itself."""

    def stored(self, logical_id: str, at: Mark) -> SharedValue:
        """The value of an SSM parameter. Raises TemplateError, also for one that depends on itself."""


Opener: TypeAlias = Callable[[], ValueSource | None]


class _Shared(NamedTuple):
    stack: ValueSource
    name: str  # of an output, or a logical id


class SharedValues:
    """The values of all stacks of a build; stacks are opened when a name is looked up."""

    def __init__(self) -> None:
        self._pending: list[Opener] = []
        self._exports: dict[str, _Shared] = {}
        self._outputs: dict[str, _Shared] = {}
        self._stored: dict[str, _Shared] = {}

    def add(self, stack: Opener) -> None:
        """A stack whose values others may read; None if its condition is false. It may raise TemplateError."""
        self._pending.append(stack)

    def exported(self, name: str, at: Mark) -> SharedValue | None:
        """The value of an export; None if no stack has it."""
        found = self._find(self._exports, name)
        return found.stack.output(found.name, at) if found else None

    def output(self, stack_name: str, name: str, at: Mark) -> SharedValue | None:
        """The value of an output of a stack; None if there is none."""
        found = self._find(self._outputs, f"{stack_name}.{name}")
        return found.stack.output(found.name, at) if found else None

    def stored(self, name: str, at: Mark) -> SharedValue | None:
        """The value of an SSM parameter; None if no template has it."""
        found = self._find(self._stored, name)
        return found.stack.stored(found.name, at) if found else None

    def _find(self, values: dict[str, _Shared], name: str) -> _Shared | None:
        # Opening a stack may look up a value of another one; that search continues with the stacks that are left.
        while name not in values and self._pending:
            self._open(self._pending.pop(0))
        return values.get(name)

    def _open(self, opener: Opener) -> None:
        try:
            stack = opener()
            if stack is None:
                return
            for name, output in stack.outputs():
                shared = _Shared(stack, name)
                self._outputs.setdefault(f"{stack.stack_name}.{name}", shared)
                if export := _export_name(stack, name, output):
                    self._exports.setdefault(export, shared)
            for parameter, logical_id in stack.parameter_store():
                self._stored.setdefault(parameter, _Shared(stack, logical_id))
        except TemplateError:
            return  # reported where the stack itself is resolved


def _export_name(stack: ValueSource, output_name: str, output: Map) -> str:
    export = output.get("Export")
    if not isinstance(export, Map) or "Name" not in export:
        return ""
    path = ("Outputs", output_name, "Export", "Name")
    name = stack.resolved(path, export["Name"], export.value_mark("Name"))
    return as_text(name) if isinstance(name, str | int | float) else ""


def as_parameter_text(value: Value) -> str:
    """The text of an SSM parameter; items of a list with commas between."""
    if isinstance(value, Seq):
        return ",".join(as_parameter_text(item) for item in value)
    return as_text(value) if isinstance(value, str | int | float) else ""
