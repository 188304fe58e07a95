"""AWS Secrets Manager: unsupported; values of secrets come from a local file while the template is resolved."""

from __future__ import annotations

from esb_generator.cloudformation.resource_values.resource_types import Name, arn
from esb_generator.resources.service import ResourceType, Service, rows_of_missing, rows_without_effect

_ARN = arn("secretsmanager", "secret:{name}-{id6}")
_SECRET = ResourceType(
    "AWS::SecretsManager::Secret", Name("Name", "{logical_id}"), {"Id": _ARN}, _ARN, calls=lambda *_: ()
)

SERVICE = Service(
    "secretsmanager",
    (
        *rows_of_missing("Secrets Manager", _SECRET, "AWS::SecretsManager::*"),
        *rows_without_effect("AWS::SecretsManager::ResourcePolicy", counted="policy"),
    ),
)
