"""The parameters of EventBridge's operations. Source: botocore's service model `events`, 2015-10-07."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from esb_cloud.aws.shapes import (
    BOOLEAN,
    INTEGER,
    TAG_LIST,
    TEXT,
    TIMESTAMP,
    ListOf,
    MapOf,
    Shape,
    Structure,
    parameters,
)

_TEXTS: Final = ListOf(TEXT)
_DEAD_LETTER: Final = Structure({"Arn": TEXT})
_LOGGING: Final = Structure({"IncludeDetail": TEXT, "Level": TEXT})
_PAGE: Final[Mapping[str, Shape]] = {"NextToken": TEXT, "Limit": INTEGER}
# Parameters of targets that do not exist here: read, so that they can be refused
OTHER_TARGETS: Final = (
    *("AppSyncParameters", "BatchParameters", "EcsParameters", "KinesisParameters", "RedshiftDataParameters"),
    *("RunCommandParameters", "SageMakerPipelineParameters"),
)
_TARGET: Final = Structure(
    {
        "Id": TEXT,
        "Arn": TEXT,
        "RoleArn": TEXT,
        "Input": TEXT,
        "InputPath": TEXT,
        "InputTransformer": Structure({"InputPathsMap": MapOf(TEXT), "InputTemplate": TEXT}),
        "SqsParameters": Structure({"MessageGroupId": TEXT}),
        "HttpParameters": Structure(
            {"PathParameterValues": _TEXTS, "HeaderParameters": MapOf(TEXT), "QueryStringParameters": MapOf(TEXT)}
        ),
        "DeadLetterConfig": _DEAD_LETTER,
        "RetryPolicy": Structure({"MaximumRetryAttempts": INTEGER, "MaximumEventAgeInSeconds": INTEGER}),
        **dict.fromkeys(OTHER_TARGETS, Structure()),
    },
    ("Id", "Arn"),
)
_HTTP_PARAMETERS: Final = ListOf(Structure({"Key": TEXT, "Value": TEXT, "IsValueSecret": BOOLEAN}))
_MORE_HTTP: Final = Structure(
    {
        "HeaderParameters": _HTTP_PARAMETERS,
        "QueryStringParameters": _HTTP_PARAMETERS,
        "BodyParameters": _HTTP_PARAMETERS,
    }
)
_AUTH: Final = Structure(
    {
        "BasicAuthParameters": Structure({"Username": TEXT, "Password": TEXT}),
        "ApiKeyAuthParameters": Structure({"ApiKeyName": TEXT, "ApiKeyValue": TEXT}),
        "OAuthParameters": Structure(
            {
                "ClientParameters": Structure({"ClientID": TEXT, "ClientSecret": TEXT}),
                "AuthorizationEndpoint": TEXT,
                "HttpMethod": TEXT,
                "OAuthHttpParameters": _MORE_HTTP,
            }
        ),
        "InvocationHttpParameters": _MORE_HTTP,
        "ConnectivityParameters": Structure(),
    }
)


NAME: Final = parameters("Name")
LIST: Final = Structure({"NamePrefix": TEXT, "ConnectionState": TEXT, "ConnectionArn": TEXT, **_PAGE})

CREATE_BUS: Final = parameters(
    "Name",
    EventSourceName=TEXT,
    Description=TEXT,
    KmsKeyIdentifier=TEXT,
    DeadLetterConfig=_DEAD_LETTER,
    LogConfig=_LOGGING,
    Tags=TAG_LIST,
)
DESCRIBE_BUS: Final = parameters(Name=TEXT)
UPDATE_BUS: Final = parameters(
    Name=TEXT, Description=TEXT, KmsKeyIdentifier=TEXT, DeadLetterConfig=_DEAD_LETTER, LogConfig=_LOGGING
)
PUT_PERMISSION: Final = parameters(
    EventBusName=TEXT,
    Action=TEXT,
    Principal=TEXT,
    StatementId=TEXT,
    Policy=TEXT,
    Condition=Structure({"Type": TEXT, "Key": TEXT, "Value": TEXT}),
)
REMOVE_PERMISSION: Final = parameters(EventBusName=TEXT, StatementId=TEXT, RemoveAllPermissions=BOOLEAN)

PUT_RULE: Final = parameters(
    "Name",
    ScheduleExpression=TEXT,
    EventPattern=TEXT,
    State=TEXT,
    Description=TEXT,
    RoleArn=TEXT,
    Tags=TAG_LIST,
    EventBusName=TEXT,
)
RULE: Final = parameters("Name", EventBusName=TEXT, Force=BOOLEAN)
LIST_RULES: Final = Structure({"NamePrefix": TEXT, "EventBusName": TEXT, **_PAGE})
RULES_OF_TARGET: Final = Structure({"TargetArn": TEXT, "EventBusName": TEXT, **_PAGE}, ("TargetArn",))
TARGETS_OF_RULE: Final = Structure({"Rule": TEXT, "EventBusName": TEXT, **_PAGE}, ("Rule",))
PUT_TARGETS: Final = Structure({"Rule": TEXT, "EventBusName": TEXT, "Targets": ListOf(_TARGET)}, ("Rule", "Targets"))
REMOVE_TARGETS: Final = Structure(
    {"Rule": TEXT, "EventBusName": TEXT, "Ids": _TEXTS, "Force": BOOLEAN}, ("Rule", "Ids")
)
TEST_PATTERN: Final = parameters("EventPattern", "Event")
PUT_EVENTS: Final = Structure(
    {
        "Entries": ListOf(
            Structure(
                {
                    "Time": TIMESTAMP,
                    "Source": TEXT,
                    "Resources": _TEXTS,
                    "DetailType": TEXT,
                    "Detail": TEXT,
                    "EventBusName": TEXT,
                    "TraceHeader": TEXT,
                }
            )
        ),
        "EndpointId": TEXT,
    },
    ("Entries",),
)
TAG: Final = parameters("ResourceARN", Tags=TAG_LIST)
UNTAG: Final = parameters("ResourceARN", TagKeys=_TEXTS)
RESOURCE: Final = parameters("ResourceARN")

_CONNECTION: Final[Mapping[str, Shape]] = {
    "Name": TEXT,
    "Description": TEXT,
    "AuthorizationType": TEXT,
    "AuthParameters": _AUTH,
    "InvocationConnectivityParameters": Structure(),
    "KmsKeyIdentifier": TEXT,
}
CREATE_CONNECTION: Final = Structure(_CONNECTION, ("Name", "AuthorizationType", "AuthParameters"))
UPDATE_CONNECTION: Final = Structure(_CONNECTION, ("Name",))
_DESTINATION: Final[Mapping[str, Shape]] = {
    "Name": TEXT,
    "Description": TEXT,
    "ConnectionArn": TEXT,
    "InvocationEndpoint": TEXT,
    "HttpMethod": TEXT,
    "InvocationRateLimitPerSecond": INTEGER,
}
CREATE_DESTINATION: Final = Structure(_DESTINATION, ("Name", "ConnectionArn", "InvocationEndpoint", "HttpMethod"))
UPDATE_DESTINATION: Final = Structure(_DESTINATION, ("Name",))
