"""Permissions, which are not checked, keys and certificates."""

from __future__ import annotations

from esb_generator.cloudformation.resource_values.resource_types import Name, arn
from esb_generator.resources.service import ResourceType, Service, rows_of_missing, rows_without_effect


def _iam(resource: str) -> str:
    return arn("iam", resource, owner=":{account}")


_POLICY = _iam("policy/{name}")
_PROFILE = {"Arn": _iam("instance-profile/{name}")}

SERVICE = Service(
    "security",
    (
        *rows_without_effect(
            ResourceType("AWS::IAM::Role", Name("RoleName"), {"Arn": _iam("role/{name}"), "RoleId": "AROA{ID17}"}),
            counted="role",
        ),
        *rows_without_effect(
            "AWS::IAM::Policy",
            ResourceType("AWS::IAM::ManagedPolicy", Name("ManagedPolicyName"), {"PolicyArn": _POLICY}, _POLICY),
            "AWS::IAM::RolePolicy",
            "AWS::IAM::UserPolicy",
            counted="policy",
        ),
        *rows_without_effect(
            ResourceType("AWS::IAM::User", Name("UserName"), {"Arn": _iam("user/{name}")}),
            ResourceType("AWS::IAM::AccessKey", attributes={"SecretAccessKey": "{id40}"}, ref="AKIA{ID16}"),
            ResourceType("AWS::IAM::Group", Name("GroupName"), {"Arn": _iam("group/{name}")}),
            ResourceType("AWS::IAM::InstanceProfile", Name("InstanceProfileName"), _PROFILE),
            "AWS::IAM::*",
            "AWS::CertificateManager::*",
        ),
        *(
            row._replace(passed_over="KMS key", if_called=True)
            for row in rows_of_missing(
                "KMS",
                ResourceType("AWS::KMS::Key", Name(), {"Arn": arn("kms", "key/{uuid}"), "KeyId": "{uuid}"}, "{uuid}"),
                ResourceType("AWS::KMS::Alias", Name("AliasName")),
                "AWS::KMS::*",
            )
        ),
        *rows_of_missing("ACMPCA", "AWS::ACMPCA::*"),
        *rows_of_missing("RAM", "AWS::RAM::*"),
        *rows_of_missing("WAFv2", "AWS::WAFv2::*"),
    ),
)
