"""Amazon Cognito: unsupported; the gateway checks tokens, and `esb-gateway token` signs them."""

from __future__ import annotations

from esb_generator.cloudformation.resource_values.resource_types import Name, arn, unsupported
from esb_generator.resources.service import ResourceType, Service, event_of_missing, rows_of_missing

_POOL_ID, _IDENTITY_POOL_ID = "{region}_{id9}", "{region}:{uuid}"
_POOL = {
    "Arn": arn("cognito-idp", f"userpool/{_POOL_ID}"),
    "ProviderName": f"cognito-idp.{{region}}.{{suffix}}/{_POOL_ID}",
    "ProviderURL": f"https://cognito-idp.{{region}}.{{suffix}}/{_POOL_ID}",
    "UserPoolId": _POOL_ID,
}
_CLIENT = {"ClientId": "{id26}", "ClientSecret": "{id51}", "Name": "{name}"}
_IDENTITY_POOL = {"Id": _IDENTITY_POOL_ID, "Name": "{name}"}
_NO_POOL = unsupported("no user pool in the stack; `esb-gateway token` signs the tokens that its APIs ask for")

SERVICE = Service(
    "cognito",
    (
        ResourceType("AWS::Cognito::UserPool", Name("UserPoolName"), _POOL, _POOL_ID, support=_NO_POOL),
        *rows_of_missing(
            "Cognito",
            ResourceType("AWS::Cognito::UserPoolClient", attributes=_CLIENT, ref="{id26}"),
            ResourceType(
                "AWS::Cognito::UserPoolDomain", Name("Domain"), {"CloudFrontDistribution": "{id13}.cloudfront.{suffix}"}
            ),
            ResourceType("AWS::Cognito::IdentityPool", attributes=_IDENTITY_POOL, ref=_IDENTITY_POOL_ID),
            "AWS::Cognito::*",
        ),
    ),
    (event_of_missing("Cognito", "Cognito", source="UserPool"),),
)
