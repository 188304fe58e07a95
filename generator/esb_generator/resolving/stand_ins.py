"""Values that only a deploy would know, and where the application uses them."""

from __future__ import annotations

from typing import NamedTuple

from esb_generator.reading.local_values import FILE_NAME
from esb_generator.values import Mark


class Use(NamedTuple):
    """A place that depends on a stand-in; `path` is dotted, `Resources.Orders.Properties.Environment.Variables.URL`."""

    path: str
    mark: Mark


SSM = "ssm:"


class StandIn(NamedTuple):
    """A made-up value in AWS's shape, the same in every build.

    `reference` is what the template asks for: `OrdersQueue`, `OrdersQueue.Arn`, `import:vpc-id`, `ssm:/aws/service/…`;
    `resource_type` is empty when no resource of this template would give the value. `uses` are those places of
    something that the stack runs where the value has an effect, in the order of the template.
    """

    reference: str
    resource_type: str
    value: str
    mark: Mark
    uses: tuple[Use, ...]


def ssm_stand_in(name: str, mark: Mark) -> StandIn:
    """What stands for an SSM parameter that has no local value: the end of its name."""
    return StandIn(f"{SSM}{name}", "", name.rsplit("/", 1)[-1], mark, ())


def why(stand_in: StandIn) -> str:
    """Why the value is made up, and for one that the user can give, how."""
    if not stand_in.reference.startswith(SSM):
        return "known only after a deploy"
    return f"kept by AWS; add ssm: {{{stand_in.reference.removeprefix(SSM)}: …}} to {FILE_NAME} for its value"
