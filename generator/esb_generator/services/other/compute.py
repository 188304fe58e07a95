"""Containers, batch jobs and other ways to run code: unsupported."""

from __future__ import annotations

from esb_generator.cloudformation.resource_values.resource_types import Name, arn
from esb_generator.resources.service import ResourceType, Service, rows_of_missing

_REPOSITORY = {"Arn": arn("ecr", "repository/{name}"), "RepositoryUri": "{account}.dkr.ecr.{region}.{suffix}/{name}"}

SERVICE = Service(
    "compute",
    (
        *rows_of_missing(
            "Batch",
            ResourceType(
                "AWS::Batch::ComputeEnvironment",
                Name("ComputeEnvironmentName"),
                ref=arn("batch", "compute-environment/{name}"),
            ),
            ResourceType(
                "AWS::Batch::JobDefinition", Name("JobDefinitionName"), ref=arn("batch", "job-definition/{name}:1")
            ),
            ResourceType("AWS::Batch::JobQueue", Name("JobQueueName"), ref=arn("batch", "job-queue/{name}")),
            "AWS::Batch::*",
        ),
        *rows_of_missing(
            "ECS",
            ResourceType("AWS::ECS::Cluster", Name("ClusterName"), {"Arn": arn("ecs", "cluster/{name}")}),
            ResourceType("AWS::ECS::TaskDefinition", Name("Family"), ref=arn("ecs", "task-definition/{name}:1")),
            "AWS::ECS::*",
        ),
        *rows_of_missing(
            "ECR", ResourceType("AWS::ECR::Repository", Name("RepositoryName"), _REPOSITORY), "AWS::ECR::*"
        ),
    ),
)
