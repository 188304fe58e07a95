"""AWS CloudFormation: nested stacks, which are read if their template is a local file, and custom resources."""

from __future__ import annotations

from esb_generator.cloudformation.resource_values.resource_types import arn, unsupported
from esb_generator.resources.service import ResourceType, Service, rows_without_effect

_STACK_ID = arn("cloudformation", "stack/{stack}-{logical_id}/{uuid}")
_NESTED = unsupported(
    "a nested stack is read from a local file only; keep its template beside this one and name its path"
)
_CUSTOM = unsupported("custom resources are unsupported; what they would do at a deploy does not happen")
_DEPLOYMENT = unsupported("its files are not copied to the bucket; once the stack runs, do it with aws s3 sync")

SERVICE = Service(
    "cloudformation",
    (
        ResourceType("AWS::CloudFormation::Stack", ref=_STACK_ID, support=_NESTED, nested_template="TemplateURL"),
        ResourceType("AWS::Serverless::Application", ref=_STACK_ID, support=_NESTED, nested_template="Location"),
        ResourceType("AWS::CloudFormation::CustomResource", support=_CUSTOM),
        ResourceType("Custom::CDKBucketDeployment", support=_DEPLOYMENT),
        ResourceType("Custom::*", support=_CUSTOM),
        *rows_without_effect("AWS::CDK::*", "AWS::CloudFormation::WaitCondition*"),
    ),
)
