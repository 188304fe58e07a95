"""AWS Systems Manager: unsupported; values of parameters come from a local file while the template is resolved."""

from __future__ import annotations

from esb_generator.cloudformation.resource_values.resource_types import Name
from esb_generator.resources.service import ResourceType, Service, rows_of_missing

_PARAMETER = ResourceType(
    "AWS::SSM::Parameter",
    Name("Name"),
    {"Type": "{Type}", "Value": "{Value}"},
    shared_value="Value",
    calls=lambda *_: (),  # a value may name a function, but calls none
)

SERVICE = Service("ssm", rows_of_missing("Systems Manager", _PARAMETER, "AWS::SSM::*"))
