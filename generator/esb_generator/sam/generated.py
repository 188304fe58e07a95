"""The resources that the SAM transform generates and a template may refer to, by the ids that AWS documents.

`<Function>Role`, `<Function>Alias<alias>`, `<Function>Url`, `ServerlessRestApi`, `<Api><stage>Stage` … and the dotted
forms that SAM resolves: `Function.Alias`, `Function.Version`, `Api.Stage`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from esb_generator.sam.destinations import generated_destinations
from esb_generator.sam.implicit_apis import HTTP_API, REST_API
from esb_generator.values import Map, Seq, Value


def generated_resources(resources: Map, event_type: Callable[[str], str]) -> dict[str, Map]:
    """The generated resources by id; each inherits the condition of its owner.

    `event_type` gives the type of the resource that SAM makes of an event, or an empty text.
    """
    found: dict[str, Map] = {}
    for logical_id, resource in resources.items():
        if isinstance(resource, Map):
            for generated_id, generated in _of(logical_id, resource, event_type):
                found.setdefault(generated_id, _with_condition(generated, resource))
    return found


def _of(logical_id: str, resource: Map, event_type: Callable[[str], str]) -> Iterator[tuple[str, Map]]:
    properties = resource.get("Properties")
    properties = properties if isinstance(properties, Map) else Map(resource.mark)
    match resource.get("Type"):
        case "AWS::Serverless::Function":
            yield from _of_function(logical_id, properties)
            yield from _of_events(logical_id, properties, event_type)
        case "AWS::Serverless::StateMachine":
            yield f"{logical_id}Role", _resource(properties, "AWS::IAM::Role")
            yield from _of_events(logical_id, properties, event_type)
        case "AWS::Serverless::Api":
            yield from _of_rest_api(logical_id, properties)
        case "AWS::Serverless::GraphQLApi":
            yield from _of_graphql_api(logical_id, properties)
        case "AWS::Serverless::HttpApi" | "AWS::Serverless::WebSocketApi":
            yield from _of_http_api(logical_id, properties)


def _of_function(logical_id: str, properties: Map) -> Iterator[tuple[str, Map]]:
    function = Map(properties.mark, [("Ref", logical_id)])
    arn = Map(properties.mark, [("Fn::GetAtt", Seq(properties.mark, [logical_id, "Arn"]))])
    yield f"{logical_id}Role", _resource(properties, "AWS::IAM::Role")
    if "FunctionUrlConfig" in properties:
        yield f"{logical_id}Url", _resource(properties, "AWS::Lambda::Url", TargetFunctionArn=arn)
    for made in generated_destinations(logical_id, Map(properties.mark, [("Properties", properties)])):
        key = "QueueName" if made.reference == "DestinationQueue" else "TopicName"
        physical = Map(properties.mark, [("Fn::Sub", f"${{AWS::StackName}}-{made.logical_id}")])
        yield f"{logical_id}.{made.reference}", _resource(properties, made.type, **{key: physical})
    name = properties.get("AutoPublishAlias")
    if name is None:
        return
    if "DeploymentPreference" in properties:
        yield f"{logical_id}DeploymentGroup", _resource(properties, "AWS::CodeDeploy::DeploymentGroup")
        yield "ServerlessDeploymentApplication", _resource(properties, "AWS::CodeDeploy::Application")
        yield "CodeDeployServiceRole", _resource(properties, "AWS::IAM::Role")
    yield f"{logical_id}.Version", _resource(properties, "AWS::Lambda::Version", FunctionName=function)
    alias = _resource(properties, "AWS::Lambda::Alias", FunctionName=function, Name=name)
    yield f"{logical_id}.Alias", alias
    if isinstance(name, str):
        yield f"{logical_id}Alias{name}", alias


def _of_events(logical_id: str, properties: Map, event_type: Callable[[str], str]) -> Iterator[tuple[str, Map]]:
    events = properties.get("Events")
    for name, event in events.items() if isinstance(events, Map) else ():
        kind = event.get("Type") if isinstance(event, Map) else None
        if not isinstance(event, Map) or not isinstance(kind, str):
            continue
        settings = event.get("Properties")
        settings = settings if isinstance(settings, Map) else Map(event.mark)
        yield f"{logical_id}{name}Permission", _resource(event, "AWS::Lambda::Permission")
        if made := event_type(kind):
            yield f"{logical_id}{name}", _resource(event, made)
        elif kind == "Api" and "RestApiId" not in settings:
            yield REST_API, _resource(event, "AWS::Serverless::Api", Name=_stack_name(event))
            yield from _stages(REST_API, "Prod", _resource(event, "AWS::ApiGateway::Stage", StageName="Prod"))
        elif kind == "HttpApi" and "ApiId" not in settings:
            yield HTTP_API, _resource(event, "AWS::Serverless::HttpApi", Name=_stack_name(event))
            yield from _http_stages(HTTP_API, event, None)


def _of_rest_api(logical_id: str, properties: Map) -> Iterator[tuple[str, Map]]:
    name = properties.get("StageName")
    yield from _stages(logical_id, name, _resource(properties, "AWS::ApiGateway::Stage", StageName=name))
    yield f"{logical_id}.Deployment", _resource(properties, "AWS::ApiGateway::Deployment")
    for reference in ("ApiKey", "UsagePlan", "UsagePlanKey"):
        generated = _resource(properties, f"AWS::ApiGateway::{reference}")
        yield f"{logical_id}.{reference}", generated
        yield f"{logical_id}{reference}", generated
    if _shares_its_plan(properties):
        for reference in ("ApiKey", "UsagePlan", "UsagePlanKey"):
            yield f"Serverless{reference}", _resource(properties, f"AWS::ApiGateway::{reference}")
    yield f"{logical_id}.DomainName", _domain_name(properties, "AWS::ApiGateway::DomainName")


def _shares_its_plan(properties: Map) -> bool:
    auth = properties.get("Auth")
    plan = auth.get("UsagePlan") if isinstance(auth, Map) else None
    return isinstance(plan, Map) and plan.get("CreateUsagePlan") == "SHARED"


def _of_graphql_api(logical_id: str, properties: Map) -> Iterator[tuple[str, Map]]:
    keys = properties.get("ApiKeys")
    for name in keys if isinstance(keys, Map) else ():
        yield f"{logical_id}{name}", _resource(properties, "AWS::AppSync::ApiKey")
    yield f"{logical_id}Schema", _resource(properties, "AWS::AppSync::GraphQLSchema")


def _of_http_api(logical_id: str, properties: Map) -> Iterator[tuple[str, Map]]:
    yield from _http_stages(logical_id, properties, properties.get("StageName"))
    yield f"{logical_id}.DomainName", _domain_name(properties, "AWS::ApiGatewayV2::DomainName")


def _http_stages(logical_id: str, owner: Map, name: Value) -> Iterator[tuple[str, Map]]:
    stage = _resource(owner, "AWS::ApiGatewayV2::Stage", StageName=name or "$default")
    yield from _stages(logical_id, name or "ApiGatewayDefault", stage)


def _stages(logical_id: str, name: Value, stage: Map) -> Iterator[tuple[str, Map]]:
    yield f"{logical_id}.Stage", stage
    if isinstance(name, str):
        yield f"{logical_id}{name}Stage", stage


def _domain_name(properties: Map, resource_type: str) -> Map:
    domain = properties.get("Domain")
    return _resource(
        properties, resource_type, DomainName=domain.get("DomainName") if isinstance(domain, Map) else None
    )


def _stack_name(owner: Map) -> Map:
    return Map(owner.mark, [("Ref", "AWS::StackName")])


def _resource(owner: Map, resource_type: str, **properties: Value) -> Map:
    given = Map(owner.mark, [(key, value) for key, value in properties.items() if value is not None])
    return Map(owner.mark, [("Type", resource_type), ("Properties", given)])


def _with_condition(generated: Map, owner: Map) -> Map:
    if "Condition" in owner and "Condition" not in generated:
        generated["Condition"] = owner["Condition"]
    return generated
