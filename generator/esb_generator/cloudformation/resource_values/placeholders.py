"""Values that are known only after a deploy, and the places of the application that use them."""

from typing import NamedTuple

from esb_generator.values import Mark


class Use(NamedTuple):
    """A place that depends on a placeholder, such as `Resources.Orders.Properties.Environment.Variables.URL`."""

    path: str
    mark: Mark


class Placeholder(NamedTuple):
    """A value in AWS's format, the same in every build, that replaces one which is known only after a deploy.

    `reference` is what the template refers to: `OrdersQueue`, `OrdersQueue.Arn`, `import:vpc-id`, `ssm:/aws/service/…`;
    `resource_type` is empty if no resource of the template would give the value. `uses` are the places where the value
    has an effect, in template order.
    """

    reference: str
    resource_type: str
    value: str
    mark: Mark
    uses: tuple[Use, ...]


class PlaceholderUses:
    """The placeholders of a template, with every place that depends on one."""

    def __init__(self) -> None:
        self._uses: dict[str, tuple[Placeholder, list[tuple[Use, bool]]]] = {}
        self._texts: set[str] = set()

    def add(self, placeholder: Placeholder, use: Use, *, has_effect: bool) -> None:
        """Record a use; `has_effect`: the place belongs to something that the stack has."""
        self._texts.add(placeholder.value)
        _, uses = self._uses.setdefault(placeholder.reference, (placeholder, []))
        uses.append((use, has_effect))

    def is_placeholder(self, text: str) -> bool:
        """Whether the whole text is a placeholder, which may be a list at AWS."""
        return text in self._texts

    def at(self, path: tuple[str, ...]) -> tuple[Placeholder, ...]:
        """The placeholders that the value at a path depends on."""
        start = ".".join(path)
        return tuple(
            placeholder
            for placeholder, uses in self._uses.values()
            if any(f"{use.path}.".startswith(f"{start}.") for use, _ in uses)
        )

    def with_effect(self) -> tuple[Placeholder, ...]:
        """Every placeholder with its uses that have an effect, sorted by the place of the first use."""
        found = (
            placeholder._replace(uses=tuple(use for use, has_effect in uses if has_effect))
            for placeholder, uses in self._uses.values()
        )
        made = [placeholder for placeholder in found if placeholder.uses]
        return tuple(sorted(made, key=lambda placeholder: (placeholder.uses[0].mark, placeholder.reference)))
