"""Merges the Globals section into the resources.

Rules and supported properties are those of "Globals section of the AWS SAM template": mappings merge deeply, lists
concatenate with the global items first, an intrinsic function replaces the whole value, and `IgnoreGlobals` opts out.
"""

from __future__ import annotations

from collections.abc import Mapping

from esb_generator.errors import Problem, TemplateError
from esb_generator.near_miss import near_miss
from esb_generator.values import Map, Seq, Value, words

_PREFIX = "AWS::Serverless::"
_SUPPORTED: Mapping[str, tuple[str, ...]] = {
    "Api": words(
        "AccessLogSetting AlwaysDeploy Auth BinaryMediaTypes CacheClusterEnabled CacheClusterSize CanarySetting Cors "
        "DefinitionUri Domain EndpointAccessMode EndpointConfiguration GatewayResponses MergeDefinitions "
        "MethodSettings MinimumCompressionSize Name OpenApiVersion PropagateTags SecurityPolicy TracingEnabled "
        "Variables"
    ),
    "CapacityProvider": words(
        "InstanceRequirements KmsKeyArn LoggingConfig ManagedResourceTags OperatorRole PropagateTags ScalingConfig "
        "Tags VpcConfig"
    ),
    "Function": words(
        "Architectures AssumeRolePolicyDocument AutoPublishAlias AutoPublishAliasAllProperties CapacityProviderConfig "
        "CodeSigningConfigArn CodeUri DeadLetterQueue DeploymentPreference Description DurableConfig Environment "
        "EphemeralStorage EventInvokeConfig FileSystemConfigs FunctionScalingConfig FunctionUrlConfig Handler "
        "KmsKeyArn Layers LoggingConfig MemorySize PermissionsBoundary PropagateTags ProvisionedConcurrencyConfig "
        "PublishToLatestPublished RecursiveLoop ReservedConcurrentExecutions RolePath Runtime RuntimeManagementConfig "
        "SnapStart SourceKMSKeyArn Tags TenancyConfig Timeout Tracing VersionDeletionPolicy VpcConfig"
    ),
    "HttpApi": words(
        "AccessLogSettings Auth CorsConfiguration DefaultRouteSettings Domain FailOnWarnings PropagateTags "
        "RouteSettings StageVariables Tags"
    ),
    "LayerVersion": words("PublishLambdaVersion"),
    "MicrovmImage": words(
        "AdditionalOsCapabilities BaseImageArn BaseImageVersion BuildRoleArn CpuConfigurations "
        "EgressNetworkConnectors EnvironmentVariables Hooks Logging PropagateTags Resources Tags"
    ),
    "NetworkConnector": words("OperatorRole PropagateTags Tags"),
    "SimpleTable": words("SSESpecification"),
    "StateMachine": words("PropagateTags"),
    "WebSocketApi": words(
        "AccessLogSettings ApiKeySelectionExpression DefaultRouteSettings DisableExecuteApiEndpoint "
        "DisableSchemaValidation Domain FailOnWarnings IpAddressType PropagateTags RouteSelectionExpression "
        "RouteSettings StageVariables Tags"
    ),
}
_REPLACED = frozenset({("Function", "Architectures")})  # a list that does not concatenate


def merge_globals(template: Map) -> Map:
    """The template with Globals merged into its resources, and without the section; raises TemplateError.

    The input is not changed. Intrinsics are not resolved: a resource's own intrinsic replaces the global value.
    """
    if "Globals" not in template:
        return template
    defaults = _checked(template)
    problems: list[Problem] = []
    result = template.copied()
    del result["Globals"]
    resources = template.get("Resources")
    if isinstance(resources, Map):
        merged = resources.copied()
        for logical_id, resource in resources.items():
            if isinstance(resource, Map):
                merged[logical_id] = _merged_resource(logical_id, resource, defaults, problems)
        result["Resources"] = merged
    if problems:
        raise TemplateError(problems)
    return result


def _checked(template: Map) -> dict[str, Map]:
    """The sections of Globals by name; raises TemplateError."""
    sections = template["Globals"]
    if not isinstance(sections, Map):
        return {}
    problems: list[Problem] = []
    defaults: dict[str, Map] = {}
    for name, section in sections.items():
        if name not in _SUPPORTED:
            text = f"Globals has no section {name}{near_miss(name, _SUPPORTED)}"
            problems.append(Problem(sections.key_mark(name), text))
        elif not isinstance(section, Map):
            problems.append(Problem(sections.value_mark(name), f"Globals.{name} must be a mapping"))
        else:
            problems += _unsupported(name, section)
            defaults[name] = section
    if problems:
        raise TemplateError(problems)
    return defaults


def _unsupported(name: str, section: Map) -> list[Problem]:
    known = _SUPPORTED[name]
    return [
        Problem(section.key_mark(key), f"Globals.{name} does not take {key}{near_miss(key, known)}")
        for key in section
        if key not in known
    ]


def _merged_resource(logical_id: str, resource: Map, defaults: dict[str, Map], problems: list[Problem]) -> Map:
    kind = resource.get("Type")
    if not isinstance(kind, str) or not kind.startswith(_PREFIX):
        return resource
    section = kind.removeprefix(_PREFIX)
    if section not in defaults:
        return resource
    wanted = _without_ignored(logical_id, resource, defaults[section], problems)
    own = resource.get("Properties")
    result = resource.copied()
    properties = _merged_properties(section, wanted, own) if isinstance(own, Map) else wanted
    result.put("Properties", properties, resource.key_mark("Properties"), resource.value_mark("Properties"))
    return result


def _without_ignored(logical_id: str, resource: Map, section: Map, problems: list[Problem]) -> Map:
    ignored = resource.get("IgnoreGlobals")
    if ignored is None:
        return section
    if ignored == "*":
        return Map(section.mark)
    at = resource.value_mark("IgnoreGlobals")
    if not isinstance(ignored, Seq) or not all(isinstance(name, str) for name in ignored):
        problems.append(Problem(at, f"IgnoreGlobals of {logical_id} must be '*' or a list of property names"))
        return section
    for index, name in enumerate(ignored):
        if name not in section:
            hint = near_miss(f"{name}", section)
            text = f"IgnoreGlobals of {logical_id} names {name}, which Globals does not set{hint}"
            problems.append(Problem(ignored.item_mark(index), text))
    result = Map(section.mark)
    for key, value in section.items():
        if key not in ignored:
            result.put(key, value, section.key_mark(key), section.value_mark(key))
    return result


def _merged_properties(section: str, defaults: Map, own: Map) -> Map:
    result = Map(own.mark)
    for source in (defaults, own):
        for key, value in source.items():
            old = defaults.get(key)
            deep = source is own and old is not None and (section, key) not in _REPLACED
            merged = _merge(old, value) if deep else value
            result.put(key, merged, source.key_mark(key), source.value_mark(key))
    return result


def _merge(default: Value, own: Value) -> Value:
    if isinstance(default, Map) and isinstance(own, Map) and not _is_function(default) and not _is_function(own):
        result = Map(own.mark)
        for source in (default, own):
            for key, value in source.items():
                merged = _merge(default[key], value) if source is own and key in default else value
                result.put(key, merged, source.key_mark(key), source.value_mark(key))
        return result
    if isinstance(default, Seq) and isinstance(own, Seq):
        both = Seq(own.mark)
        for items in (default, own):
            for index, item in enumerate(items):
                both.add(item, items.item_mark(index))
        return both
    return own


def _is_function(value: Map) -> bool:
    """Whether the mapping is one intrinsic function."""
    return len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref", "Condition"))
