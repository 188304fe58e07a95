"""AWS AppSync: unsupported."""

from __future__ import annotations

from esb_generator.cloudformation.resource_values.resource_types import Name, arn
from esb_generator.resources.service import ResourceType, Service, rows_of_missing

_API_ARN, _SOURCE_ARN = arn("appsync", "apis/{id26}"), arn("appsync", "apis/{id26}/datasources/{name}")
_API = ResourceType(
    "AWS::AppSync::GraphQLApi",
    attributes={
        "ApiId": "{id26}",
        "Arn": _API_ARN,
        "GraphQLUrl": "https://{id26}.appsync-api.{region}.{suffix}/graphql",
        "RealtimeUrl": "wss://{id26}.appsync-realtime-api.{region}.{suffix}/graphql",
    },
    ref=_API_ARN,
)
_SOURCE = {"DataSourceArn": _SOURCE_ARN, "Name": "{name}"}
_KEY = {"ApiKey": "da2-{id26}", "ApiKeyId": "{id26}"}

SERVICE = Service(
    "appsync",
    rows_of_missing(
        "AppSync",
        _API,
        _API._replace(type="AWS::Serverless::GraphQLApi"),
        ResourceType("AWS::AppSync::DataSource", Name("Name"), _SOURCE, _SOURCE_ARN),
        ResourceType("AWS::AppSync::ApiKey", attributes=_KEY, ref=_API_ARN),
        "AWS::AppSync::*",
    ),
)
