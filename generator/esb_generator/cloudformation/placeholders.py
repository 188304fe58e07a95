"""Values that only a deploy would know, and where the application uses them."""

from __future__ import annotations

from typing import NamedTuple

from esb_generator.values import Mark


class Use(NamedTuple):
    """A place that depends on a stand-in; `path` is dotted, `Resources.Orders.Properties.Environment.Variables.URL`."""

    path: str
    mark: Mark


class Placeholder(NamedTuple):
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
