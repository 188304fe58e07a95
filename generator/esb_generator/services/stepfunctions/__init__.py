"""AWS Step Functions: unsupported."""

from __future__ import annotations

from esb_generator.cloudformation.resource_values.resource_types import Name, arn
from esb_generator.resources.service import ResourceType, Service, rows_of_missing

_ARN, _ACTIVITY_ARN = arn("states", "stateMachine:{name}"), arn("states", "activity:{name}")
_STATE_MACHINE = ResourceType(
    "AWS::StepFunctions::StateMachine",
    Name("StateMachineName"),
    {"Arn": _ARN, "Name": "{name}", "StateMachineRevisionId": "{uuid}"},
    _ARN,
)
_ACTIVITY = {"Arn": _ACTIVITY_ARN, "Name": "{name}"}

SERVICE = Service(
    "stepfunctions",
    rows_of_missing(
        "Step Functions",
        _STATE_MACHINE._replace(
            type="AWS::Serverless::StateMachine",
            name=Name("Name"),
            has_events=True,
            local_paths={"DefinitionUri": False},
        ),
        _STATE_MACHINE,
        ResourceType("AWS::StepFunctions::Activity", Name("Name"), _ACTIVITY, _ACTIVITY_ARN),
        "AWS::StepFunctions::*",
    ),
)
