"""AWS Lambda: functions, layers, URLs and asynchronous invocation."""

from __future__ import annotations

from esb_generator.cloudformation.resource_values.resource_types import Name, arn, unsupported, without_effect
from esb_generator.model import Function
from esb_generator.resources.nodes import Dropped, names, silent, text
from esb_generator.resources.service import EGRESS, Parts, ResourceType, Service, rows_of_missing, rows_without_effect
from esb_generator.resources.stack import Stack
from esb_generator.services.lambda_.code import code_left_out
from esb_generator.services.lambda_.event_invoke import event_invokes
from esb_generator.services.lambda_.event_source_mappings import mapping_support
from esb_generator.services.lambda_.functions import Versions, alias, function
from esb_generator.services.lambda_.layers import content_left_out, layer, web_adapter_layer
from esb_generator.services.lambda_.missing_layers import report_missing_layers
from esb_generator.services.lambda_.policies import report_absent_services
from esb_generator.services.lambda_.urls import function_urls
from esb_schemas.contract import EventInvoke

_LAYER_ARN = arn("lambda", "layer:{name}:1")
_ALIAS_ARN = arn("lambda", "function:{FunctionName}:{name}")
_VERSION_ARN = arn("lambda", "function:{FunctionName}:1")
_CAPACITY = "capacity providers have no counterpart"

_FUNCTION_PROPERTIES = {
    **names(
        "Architectures Description Environment EphemeralStorage FunctionName Handler ImageConfig Layers LoggingConfig "
        "MemorySize PackageType RecursiveLoop ReservedConcurrentExecutions Runtime Timeout"
    ),
    **silent(
        "CodeSigningConfigArn KmsKeyArn PublishToLatestPublished Role RuntimeManagementConfig SnapStart Tags VpcConfig"
    ),
    "CapacityProviderConfig": Dropped(f"{_CAPACITY}; the function runs like any other"),
    "DurableConfig": Dropped("durable execution is unsupported; a handler that uses the durable SDK fails"),
    "FileSystemConfigs": Dropped("no EFS in the stack; the mount path is not there"),
    "FunctionScalingConfig": Dropped(f"{_CAPACITY}; the function scales like any other"),
    "TenancyConfig": Dropped("tenant isolation is unsupported; tenants share execution environments"),
}
_SERVERLESS_PROPERTIES = {
    **_FUNCTION_PROPERTIES,
    **names(
        "AutoPublishAlias AutoPublishAliasAllProperties AutoPublishCodeSha256 CodeUri DeadLetterQueue "
        "EventInvokeConfig Events FunctionUrlConfig ImageUri InlineCode PropagateTags ProvisionedConcurrencyConfig "
        "SourceKMSKeyArn Tracing VersionDeletionPolicy VersionDescription"
    ),
    **silent("AssumeRolePolicyDocument DeploymentPreference PermissionsBoundary Policies RolePath"),
}
_LAYER_PROPERTIES = names(
    "CompatibleArchitectures CompatibleRuntimes Description LayerName LicenseInfo PublishLambdaVersion RetentionPolicy"
)
_FUNCTION = ResourceType(
    "AWS::Lambda::Function",
    Name("FunctionName", "{logical_id}", longest=64),
    {"Arn": arn("lambda", "function:{name}")},
    kind="function",
    esb_keys=frozenset({EGRESS}),
    only_these_attributes=True,
    properties={**_FUNCTION_PROPERTIES, **names("Code DeadLetterConfig TracingConfig")},
    # Triggers and destinations of a function change nothing in its container.
    without_effect=frozenset(names("DeadLetterConfig DeadLetterQueue EventInvokeConfig Events LoggingConfig")),
    left_out=code_left_out,
    local_paths={"Code": False},
)
_LAYER = ResourceType(
    "AWS::Lambda::LayerVersion",
    Name("LayerName", "{logical_id}", longest=140),
    {"Arn": _LAYER_ARN, "LayerVersionArn": _LAYER_ARN},
    _LAYER_ARN,
    kind="layer",
    only_these_attributes=True,
    properties={**_LAYER_PROPERTIES, **names("Content")},
    left_out=content_left_out,
    local_paths={"Content": False},
)
_URL = "http://gateway:8080/_url/{target}/"  # inside the stack; outside, it is the published address

_TYPES = (
    _FUNCTION,
    _FUNCTION._replace(
        type="AWS::Serverless::Function",
        properties=_SERVERLESS_PROPERTIES,
        has_events=True,
        local_paths={"CodeUri": True},
    ),
    _LAYER,
    _LAYER._replace(
        type="AWS::Serverless::LayerVersion",
        properties={**_LAYER_PROPERTIES, **names("ContentUri")},
        local_paths={"ContentUri": False},
    ),
    ResourceType("AWS::Lambda::Alias", Name("Name"), {"AliasArn": _ALIAS_ARN}, _ALIAS_ARN, only_these_attributes=True),
    ResourceType(
        "AWS::Lambda::Version",
        attributes={"Version": "1", "FunctionArn": _VERSION_ARN},
        ref=_VERSION_ARN,
        only_these_attributes=True,
    ),
    ResourceType(
        "AWS::Lambda::Url",
        attributes={"FunctionUrl": _URL, "FunctionArn": "{TargetFunctionArn}"},
        ref="{TargetFunctionArn}",
        only_these_attributes=True,
        properties=names("AuthType Cors InvokeMode Qualifier TargetFunctionArn"),
    ),
    ResourceType(
        "AWS::Lambda::EventInvokeConfig",
        properties=names("DestinationConfig FunctionName MaximumEventAgeInSeconds MaximumRetryAttempts Qualifier"),
        without_effect=frozenset({"DestinationConfig"}),
    ),
    ResourceType(
        "AWS::Lambda::EventSourceMapping",
        attributes={"Id": "{uuid}", "EventSourceMappingArn": arn("lambda", "event-source-mapping:{uuid}")},
        ref="{uuid}",
        support=without_effect,  # not a resource of its own in the stack: it is part of its function
        check=mapping_support,
        calls=lambda _, mapping: [mapping.properties.read("FunctionName", text)],
    ),
    ResourceType("AWS::Serverless::CapacityProvider", support=unsupported(f"{_CAPACITY}; functions run without them")),
    *rows_of_missing("Lambda MicroVMs", "AWS::Serverless::MicrovmImage", "AWS::Serverless::NetworkConnector"),
    *rows_of_missing("web functions", "AWS::Serverless::WebFunction"),
    *rows_of_missing("such part of Lambda", "AWS::Lambda::*"),
    *rows_without_effect("AWS::Lambda::CodeSigningConfig"),
    *rows_without_effect("AWS::Lambda::LayerVersionPermission", "AWS::Lambda::Permission", counted="permission"),
    *rows_without_effect("AWS::Serverless::Connector", counted="connector"),
)


def _read(stack: Stack) -> Parts:
    report_missing_layers(stack)
    report_absent_services(stack)
    versions, urls, invokes = _versions(stack), function_urls(stack), event_invokes(stack)
    functions: list[Function] = []
    for resource in stack.of_kind("function"):
        found = function(stack, resource, versions.get(resource.logical_id, Versions()))
        url, invoke = urls.get(found.logical_id), invokes.get(found.logical_id, EventInvoke())
        functions.append(found._replace(entry=found.entry._replace(url=url, event_invoke=invoke)))
    own = (layer(stack, found) for found in stack.of_kind("layer"))
    return Parts(functions=tuple(functions), layers=(*own, *web_adapter_layer(functions, stack.context.web_adapter)))


def _versions(stack: Stack) -> dict[str, Versions]:
    """Versions and aliases by logical ids of functions. An alias of $LATEST publishes nothing."""
    found: dict[str, Versions] = {}
    for resource in stack.of_type("AWS::Lambda::Version"):
        owner = stack.function(resource.properties.need("FunctionName", text))
        if owner is not None:
            found[owner.logical_id] = Versions(published=True)
    for resource in stack.of_type("AWS::Lambda::Alias"):
        owner = stack.function(resource.properties.need("FunctionName", text))
        name = resource.properties.need("Name", alias)
        if owner is not None and name is not None:
            before = found.get(owner.logical_id, Versions())
            publishes = resource.properties.need("FunctionVersion", text) != "$LATEST"
            found[owner.logical_id] = Versions((*before.aliases, name), before.published or publishes)
    return found


SERVICE = Service("lambda_", _TYPES, read=_read)
