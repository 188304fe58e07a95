"""Values that are known only after a deploy, and the places of the application that use them."""

from typing import NamedTuple

from esb_generator.values import Mark


class Use(NamedTuple):
    """A place that depends on a placeholder, such as `Resources.Orders.Properties.Environment.Variables.URL`."""

    path: str
    mark: Mark


class Placeholder(NamedTuple):
    """A value in AWS's shape, the same in every build, in place of one that is known only after a deploy.

    `reference` is what the template refers to: `OrdersQueue`, `OrdersQueue.Arn`, `import:vpc-id`, `ssm:/aws/service/…`;
    `resource_type` is empty if no resource of the template would give the value. `uses` are the places where the value
    has an effect, in template order.
    """

    reference: str
    resource_type: str
    value: str
    mark: Mark
    uses: tuple[Use, ...]
