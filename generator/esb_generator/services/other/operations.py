"""Monitoring, auditing and deployment: without them the application behaves the same."""

from __future__ import annotations

from esb_generator.cloudformation.resource_values.resource_types import Name, arn
from esb_generator.resources.service import (
    ResourceType,
    Service,
    event_of_missing,
    rows_of_missing,
    rows_without_effect,
)

_SILENT = (
    "ApplicationAutoScaling ApplicationInsights Budgets CloudTrail CloudWatch CodeBuild CodeDeploy CodePipeline Config "
    "Logs RUM ResourceGroups Synthetics XRay"
)

SERVICE = Service(
    "operations",
    (
        *rows_without_effect(
            ResourceType("AWS::Logs::LogGroup", Name("LogGroupName"), {"Arn": arn("logs", "log-group:{name}:*")}),
            ResourceType("AWS::Logs::LogStream", Name("LogStreamName")),
            *(f"AWS::{namespace}::*" for namespace in _SILENT.split()),
        ),
        *rows_of_missing("CloudWatch Logs", "AWS::Logs::SubscriptionFilter"),
        *rows_of_missing("Config", "AWS::Config::ConfigRule"),
        *rows_of_missing("Amplify", "AWS::Amplify::*"),
        *rows_of_missing("AppConfig", "AWS::AppConfig::*"),
    ),
    (event_of_missing("CloudWatchLogs", "CloudWatch Logs", source="LogGroupName"),),
)
