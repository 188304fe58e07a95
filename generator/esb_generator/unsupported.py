"""What the template has besides functions, APIs, tables and buckets, and what its absence means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from esb_generator.model import Function
from esb_generator.near_miss import near_miss
from esb_generator.resources.nodes import text
from esb_generator.resources.stack import FUNCTION_TYPES, LAYER_TYPES, Resource, Stack
from esb_generator.sam.events import Trigger, untriggered
from esb_generator.services.apigateway.methods import method, path
from esb_generator.services.apigateway.openapi import uri
from esb_generator.services.events.schedules import calls_function

_RUNS = frozenset(
    {
        *FUNCTION_TYPES,
        *LAYER_TYPES,
        "AWS::ApiGateway::ApiKey",
        "AWS::ApiGateway::Authorizer",
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGateway::Method",
        "AWS::ApiGateway::Resource",
        "AWS::ApiGateway::RestApi",
        "AWS::ApiGateway::Stage",
        "AWS::ApiGateway::UsagePlan",
        "AWS::ApiGateway::UsagePlanKey",
        "AWS::ApiGatewayV2::Authorizer",
        "AWS::ApiGatewayV2::Deployment",
        "AWS::ApiGatewayV2::Integration",
        "AWS::ApiGatewayV2::Route",
        "AWS::ApiGatewayV2::Stage",
        "AWS::DynamoDB::Table",
        "AWS::Lambda::Alias",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::Url",
        "AWS::Lambda::Version",
        "AWS::S3::Bucket",
        "AWS::Serverless::Api",
        "AWS::Serverless::HttpApi",
        "AWS::Serverless::SimpleTable",
    }
)
# Permissions, networks, monitoring and deployment: without them the application behaves the same here.
_SILENT = (
    "AWS::ApiGateway::Account",
    "AWS::ApiGateway::ClientCertificate",
    "AWS::ApiGateway::Documentation",
    "AWS::ApiGateway::Model",
    "AWS::ApiGateway::RequestValidator",
    "AWS::ApiGatewayV2::IntegrationResponse",
    "AWS::ApiGatewayV2::Model",
    "AWS::ApiGatewayV2::RouteResponse",
    "AWS::ApplicationAutoScaling::",
    "AWS::ApplicationInsights::",
    "AWS::Budgets::",
    "AWS::CertificateManager::",
    "AWS::CloudFormation::WaitCondition",
    "AWS::CloudTrail::",
    "AWS::CloudWatch::",
    "AWS::CodeBuild::",
    "AWS::CodeDeploy::",
    "AWS::CodePipeline::",
    "AWS::Config::",
    "AWS::EC2::DHCPOptions",
    "AWS::EC2::EIP",
    "AWS::EC2::EgressOnlyInternetGateway",
    "AWS::EC2::FlowLog",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::NatGateway",
    "AWS::EC2::NetworkAcl",
    "AWS::EC2::PrefixList",
    "AWS::EC2::Route",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::VPC",
    "AWS::Events::EventBusPolicy",
    "AWS::IAM::",
    "AWS::Lambda::CodeSigningConfig",
    "AWS::Lambda::LayerVersionPermission",
    "AWS::Lambda::Permission",
    "AWS::Logs::",
    "AWS::OpenSearchServerless::AccessPolicy",
    "AWS::OpenSearchServerless::SecurityPolicy",
    "AWS::RUM::",
    "AWS::ResourceGroups::",
    "AWS::Route53::",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SecretsManager::ResourcePolicy",
    "AWS::Serverless::Connector",
    "AWS::Synthetics::",
    "AWS::XRay::",
)
_NESTED = "a nested stack is read from a local file only; keep its template beside this one and name its path"
_CUSTOM = "custom resources are not run; what they would do at a deploy does not happen"
_DOMAIN = "custom domains are not made; the API answers on the gateway's address"
_REASONS: Mapping[str, str] = {
    "AWS::ApiGateway::BasePathMapping": _DOMAIN,
    "AWS::ApiGateway::BasePathMappingV2": _DOMAIN,
    "AWS::ApiGateway::DomainName": _DOMAIN,
    "AWS::ApiGateway::DomainNameAccessAssociation": _DOMAIN,
    "AWS::ApiGateway::DomainNameV2": _DOMAIN,
    "AWS::ApiGateway::GatewayResponse": "the gateway answers errors with AWS's default responses",
    "AWS::ApiGatewayV2::Api": "WebSocket APIs are not served",
    "AWS::ApiGatewayV2::ApiMapping": _DOMAIN,
    "AWS::ApiGatewayV2::DomainName": _DOMAIN,
    "AWS::CloudFormation::CustomResource": _CUSTOM,
    "AWS::CloudFormation::Stack": _NESTED,
    "AWS::Cognito::UserPool": "no user pool in the stack; `esb-gateway token` signs the tokens that its APIs ask for",
    "AWS::DynamoDB::GlobalTable": "global tables are not made; write it as an AWS::DynamoDB::Table",
    "AWS::Lambda::EventSourceMapping": "nothing polls event sources",
    "AWS::Serverless::Application": _NESTED,
    "AWS::Serverless::GraphQLApi": "no AppSync in the stack",
    "AWS::Serverless::StateMachine": "no Step Functions in the stack",
    "AWS::Serverless::WebSocketApi": "WebSocket APIs are not served",
}
_SERVICES: Mapping[str, str] = {
    "AmazonMQ": "Amazon MQ",
    "ApiGateway": "such part of API Gateway",
    "ApiGatewayV2": "such part of API Gateway",
    "ElasticLoadBalancing": "load balancer",
    "ElasticLoadBalancingV2": "load balancer",
    "Events": "EventBridge",
    "KinesisFirehose": "Data Firehose",
    "MSK": "Kafka",
    "Pipes": "EventBridge Pipes",
    "Scheduler": "EventBridge Scheduler",
    "SecretsManager": "Secrets Manager",
    "SSM": "Systems Manager",
    "StepFunctions": "Step Functions",
}
_SERVERLESS = (
    "AWS::Serverless::Api",
    "AWS::Serverless::Application",
    "AWS::Serverless::CapacityProvider",
    "AWS::Serverless::Connector",
    "AWS::Serverless::Function",
    "AWS::Serverless::GraphQLApi",
    "AWS::Serverless::HttpApi",
    "AWS::Serverless::LayerVersion",
    "AWS::Serverless::MicrovmImage",
    "AWS::Serverless::NetworkConnector",
    "AWS::Serverless::SimpleTable",
    "AWS::Serverless::StateMachine",
    "AWS::Serverless::WebFunction",
    "AWS::Serverless::WebSocketApi",
)
# Where a resource names the functions that it would call.
_TARGETS = {"AWS::SNS::Subscription": "Endpoint", "AWS::Lambda::EventSourceMapping": "FunctionName"}


def tell_what_is_not_run(stack: Stack, triggers: Iterable[Trigger], functions: Iterable[Function]) -> None:
    """A notice for each resource that the stack lacks, and for each event that no such notice speaks of."""
    for resource in stack.resources.values():
        for key, at in resource.unknown_attributes.items():
            text = f"{key} is no attribute of a resource, and AWS drops it; a property belongs under Properties"
            resource.properties.notice_at(at, text)
    missing = {resource.logical_id: resource for resource in stack.resources.values() if _is_missing(stack, resource)}
    waiting: dict[str, list[str]] = {}
    for trigger in triggers:
        if trigger.source is not None and trigger.source.logical_id in missing:
            waiting.setdefault(trigger.source.logical_id, []).append(trigger.function.logical_id)
        else:
            _tell_trigger(trigger)
    callers = _callers(stack, missing, functions)
    for logical_id, resource in missing.items():
        if resource.type.startswith("AWS::Serverless::") and resource.type not in _SERVERLESS:
            resource.problem(f"there is no type {resource.type}{near_miss(resource.type, _SERVERLESS)}")
            continue
        waiting_here = [*waiting.get(logical_id, ()), *_targets(stack, resource)]
        consequences = _consequences(waiting_here, callers.get(logical_id, ()))
        resource.notice("; ".join([_reason(resource.type), *_lost_routes(resource), *consequences]))


def _is_missing(stack: Stack, resource: Resource) -> bool:
    kind = resource.type
    if kind == "AWS::ApiGatewayV2::Api":
        return resource.properties.read("ProtocolType", text) == "WEBSOCKET"
    if kind in ("AWS::Events::Rule", "AWS::Scheduler::Schedule"):
        return not calls_function(stack, resource)
    return kind not in _RUNS and not kind.startswith(_SILENT)


def _reason(kind: str) -> str:
    if kind in _REASONS:
        return _REASONS[kind]
    if kind.startswith("Custom::"):
        return _CUSTOM
    service = kind.split("::")[1] if kind.count("::") == 2 else kind
    return f"no {_SERVICES.get(service, service)} in the stack"


def _consequences(waiting: Iterable[str], calling: Iterable[str]) -> Iterator[str]:
    """Who is never called, and whose calls fail."""
    never = list(dict.fromkeys(waiting))
    failing = list(dict.fromkeys(calling))
    if never:
        yield f"{', '.join(never)} {'is' if len(never) == 1 else 'are'} never triggered by it"
    if failing:
        yield f"calls to it from {', '.join(failing)} fail"


def _lost_routes(resource: Resource) -> Iterator[str]:
    """A state machine's Api events are routes that reach no function."""
    events = resource.properties.get("Events") if resource.type == "AWS::Serverless::StateMachine" else None
    for _, event in events.entries() if events is not None else ():
        properties = event.get("Properties")
        if event.read("Type", text) in ("Api", "HttpApi") and properties is not None:
            yield f"its route {properties.read('Method', method) or 'ANY'} {properties.read('Path', path)} is left out"


def _tell_trigger(trigger: Trigger) -> None:
    function = trigger.function
    notice = f"{untriggered(trigger)}; {function.logical_id} is never triggered by it"
    function.properties.notice_at(trigger.mark, notice)


def _targets(stack: Stack, resource: Resource) -> Iterator[str]:
    """The functions that a rule, a schedule, a subscription, a mapping or a WebSocket API would call."""
    properties = resource.properties
    match resource.type:
        case "AWS::Events::Rule":
            targets = properties.get("Targets")
            nodes = [*targets.items()] if targets is not None else []
        case "AWS::Scheduler::Schedule":
            target = properties.get("Target")
            nodes = [target] if target is not None else []
        case "AWS::ApiGatewayV2::Api":
            yield from _behind(stack, resource)
            return
        case _:
            nodes = [properties]
    key = _TARGETS.get(resource.type, "Arn")
    for node in nodes if resource.type in _TARGETS or nodes != [properties] else ():
        reference = node.read(key, text)
        found = stack.function(reference) if reference else None
        if found is not None:
            yield found.logical_id


def _behind(stack: Stack, api: Resource) -> Iterator[str]:
    """The functions that an API's integrations lead to."""
    for integration in stack.of_type("AWS::ApiGatewayV2::Integration"):
        owner = stack.find(integration.properties.read("ApiId", text) or "", (api.type,))
        function = stack.function(integration.properties.read("IntegrationUri", uri) or "")
        if owner is not None and owner.logical_id == api.logical_id and function is not None:
            yield function.logical_id


def _callers(stack: Stack, missing: Mapping[str, Resource], functions: Iterable[Function]) -> dict[str, list[str]]:
    """The functions that have the URL or ARN of something missing in their environment."""
    types = {resource.type for resource in missing.values()}
    found: dict[str, list[str]] = {}
    for function in functions:
        for value in function.environment.values():
            resource = stack.find(value, types) if ":" in value else None
            if resource is not None and resource.logical_id in missing:
                found.setdefault(resource.logical_id, []).append(function.logical_id)
    return found
