"""Amazon API Gateway: REST APIs, HTTP APIs, their routes and authorizers."""

from __future__ import annotations

from collections.abc import Iterable

from esb_generator.cloudformation.resource_values.resource_types import (
    Name,
    PropertyText,
    Support,
    arn,
    supported,
    unsupported,
)
from esb_generator.model import Marked
from esb_generator.resources.nodes import Dropped, names, silent
from esb_generator.resources.service import (
    EventSourceType,
    Parts,
    ResourceType,
    Service,
    rows_of_missing,
    rows_without_effect,
)
from esb_generator.resources.stack import Stack
from esb_generator.services.apigateway.api_keys import keys_and_plans, warn_missing_api_keys
from esb_generator.services.apigateway.apis import candidates, definitions, events_by_api
from esb_generator.services.apigateway.definitions import ApiDefinition, document_candidates
from esb_generator.services.apigateway.resources.http_resources import (
    functions_behind,
    http_definitions,
    route_candidates,
)
from esb_generator.services.apigateway.resources.resource_apis import HTTP_API, REST_API, referred
from esb_generator.services.apigateway.resources.resource_properties import check_resources
from esb_generator.services.apigateway.resources.rest_resources import method_candidates, rest_definitions
from esb_generator.services.apigateway.routes.http_events import http_events, lost_route
from esb_generator.services.apigateway.routes.matching_order import order_routes
from esb_generator.services.apigateway.stage_settings import warn_stage_settings
from esb_generator.services.apigateway.validation import used_models
from esb_schemas.contract import Api, Route

_DOMAIN = "custom domains are not made; the API answers on the gateway's address"
_WEBSOCKET = "WebSocket APIs are not served"
_STAGES = (("AWS::ApiGateway::Stage", "RestApiId", REST_API), ("AWS::ApiGatewayV2::Stage", "ApiId", HTTP_API))
_API_ID = "{whole_id}"  # as events carry it, and the ARNs that authorizers get
# An integration's credentials are a role.
_ROLES = frozenset({"*.Credentials", "*.credentials"})


def _api_support(text: PropertyText) -> Support:
    return Support(False, _WEBSOCKET) if text("ProtocolType") == "WEBSOCKET" else Support(exists=True)


_REST_API = ResourceType(
    "AWS::ApiGateway::RestApi",
    Name("Name"),
    {"RootResourceId": "{ID10}", "RestApiId": _API_ID},
    _API_ID,
    internal_ids=True,
    only_these_attributes=True,
    without_effect=_ROLES | {"Tags"},
)
_HTTP_API = ResourceType(
    "AWS::ApiGatewayV2::Api",
    Name("Name"),
    {
        "ApiEndpoint": f"https://{_API_ID}.execute-api.{{region}}.{{suffix}}",
        "ApiId": _API_ID,
        "ExecuteApiArn": arn("execute-api", _API_ID),
    },
    _API_ID,
    support=_api_support,
    internal_ids=True,
    only_these_attributes=True,
    without_effect=_ROLES | {"CredentialsArn", "Tags"},
    calls=functions_behind,
)
_DOMAIN_NAME = ResourceType(
    "AWS::ApiGatewayV2::DomainName",
    Name("DomainName"),
    {
        "DomainNameArn": "arn:{partition}:apigateway:{region}::/domainnames/{name}",
        "RegionalDomainName": "d-{id10}.execute-api.{region}.{suffix}",
        "RegionalHostedZoneId": "Z{ID14}",
    },
    support=unsupported(_DOMAIN),
)
_EDGE = {"DistributionDomainName": "{id13}.cloudfront.{suffix}", "DistributionHostedZoneId": "Z2FDTNDATAQYW2"}
_SOCKETS = {"ApiEndpoint": f"wss://{_API_ID}.execute-api.{{region}}.{{suffix}}", "ApiId": _API_ID}


def _part(type_: str, id_: str, attribute: str, *without: str) -> ResourceType:
    """A part of an API, whose Ref and one attribute are an id."""
    return ResourceType(f"AWS::{type_}", attributes={attribute: id_}, ref=id_, without_effect=frozenset(without))


_SERVERLESS_TYPES = (
    _REST_API._replace(
        type="AWS::Serverless::Api",
        properties={
            **names(
                "AlwaysDeploy ApiKeySourceType Auth BinaryMediaTypes CacheClusterEnabled CacheClusterSize "
                "CanarySetting Cors DefinitionBody DefinitionUri Description DisableExecuteApiEndpoint "
                "EndpointAccessMode EndpointConfiguration FailOnWarnings GatewayResponses MergeDefinitions "
                "MethodSettings MinimumCompressionSize Mode Models Name OpenApiVersion Policy PropagateTags "
                "SecurityPolicy StageName TracingEnabled Variables"
            ),
            **silent("AccessLogSetting Tags"),
            "Domain": Dropped(_DOMAIN),
        },
        local_paths={"DefinitionUri": False},
    ),
    _HTTP_API._replace(
        type="AWS::Serverless::HttpApi",
        support=supported,
        properties={
            **names(
                "Auth CorsConfiguration DefaultRouteSettings DefinitionBody DefinitionUri Description "
                "DisableExecuteApiEndpoint FailOnWarnings Name PropagateTags RouteSettings StageName StageVariables"
            ),
            **silent("AccessLogSettings Tags"),
            "Domain": Dropped(_DOMAIN),
        },
        local_paths={"DefinitionUri": False},
    ),
    ResourceType("AWS::Serverless::WebSocketApi", Name(), _SOCKETS, _API_ID, support=unsupported(_WEBSOCKET)),
)
_REST_TYPES = (
    _REST_API,
    ResourceType(
        "AWS::ApiGateway::Stage",
        Name("StageName", "Prod"),
        without_effect=frozenset({"AccessLogSetting", "ClientCertificateId", "Tags"}),
    ),
    _part("ApiGateway::Deployment", "{id6}", "DeploymentId"),
    _part("ApiGateway::Resource", "{id6}", "ResourceId"),
    ResourceType("AWS::ApiGateway::Method", without_effect=_ROLES | {"MethodResponses"}),
    ResourceType("AWS::ApiGateway::Model", Name("Name"), without_effect=frozenset({"Description"})),
    _part("ApiGateway::GatewayResponse", "{id10}", "Id"),
    _part("ApiGateway::RequestValidator", "{id6}", "RequestValidatorId", "Name"),
    _part("ApiGateway::Authorizer", "{id6}", "AuthorizerId"),
    _part("ApiGateway::ApiKey", "{id10}", "APIKeyId", "Tags")._replace(name=Name("Name")),
    _part("ApiGateway::UsagePlan", "{id6}", "Id", "Tags"),
    _part("ApiGateway::UsagePlanKey", "{id10}:{id6}", "Id"),
    _DOMAIN_NAME._replace(type="AWS::ApiGateway::DomainName", attributes={**_DOMAIN_NAME.attributes, **_EDGE}),
    ResourceType("AWS::ApiGateway::BasePathMapping*", support=unsupported(_DOMAIN)),
    ResourceType("AWS::ApiGateway::DomainName*", support=unsupported(_DOMAIN)),
    *rows_of_missing(
        "such part of API Gateway", _part("ApiGateway::VpcLink", "{id6}", "VpcLinkId"), "AWS::ApiGateway::*"
    ),
    *rows_without_effect(
        "AWS::ApiGateway::Account",
        "AWS::ApiGateway::ClientCertificate",
        "AWS::ApiGateway::Documentation*",
    ),
)
# An ApiId that is not real is that of a WebSocket API, which is reported itself.
_HTTP_TYPES = (
    _HTTP_API,
    ResourceType(
        "AWS::ApiGatewayV2::Stage",
        Name("StageName", "$default"),
        without_effect=frozenset({"AccessLogSettings", "ApiId", "ClientCertificateId", "Tags"}),
    ),
    _part("ApiGatewayV2::Integration", "{id10}", "IntegrationId", "ApiId", "CredentialsArn"),
    _part("ApiGatewayV2::Route", "{id10}", "RouteId", "ApiId", "RequestModels"),
    _part("ApiGatewayV2::Deployment", "{id6}", "DeploymentId", "ApiId"),
    _part("ApiGatewayV2::Authorizer", "{id6}", "AuthorizerId", "ApiId"),
    _DOMAIN_NAME,
    ResourceType("AWS::ApiGatewayV2::ApiMapping", support=unsupported(_DOMAIN)),
    *rows_of_missing(
        "such part of API Gateway", _part("ApiGatewayV2::VpcLink", "{id6}", "VpcLinkId"), "AWS::ApiGatewayV2::*"
    ),
    *rows_without_effect(
        "AWS::ApiGatewayV2::IntegrationResponse", "AWS::ApiGatewayV2::Model", "AWS::ApiGatewayV2::RouteResponse"
    ),
)


def _read(stack: Stack) -> Parts:
    """The APIs in template order, and their routes in matching order."""
    check_resources(stack)
    by_api = events_by_api(stack, http_events(stack))
    serverless = list(definitions(stack, by_api))
    plain = {found.logical_id: found for found in (*rest_definitions(stack), *http_definitions(stack))}
    order = {logical_id: index for index, logical_id in enumerate(stack.resources)}
    found = sorted((*serverless, *plain.values()), key=lambda definition: order[definition.logical_id])
    wanted = [
        *candidates(stack, serverless, by_api),
        *(candidate for definition in plain.values() for candidate in document_candidates(stack, definition)),
        *method_candidates(stack, plain),
        *route_candidates(stack, {definition.logical_id: definition for definition in found}),
    ]
    wanted.sort(key=lambda candidate: order[candidate.route.api])
    routes = order_routes(wanted)
    _warn_settings(stack, found)
    keys, plans = keys_and_plans(stack, found)
    warn_missing_api_keys(found, routes, keys, plans)
    apis = {each.logical_id: Marked(_with_models(stack, each, routes), each.resource.mark) for each in found}
    return Parts(apis=apis, routes=routes, api_keys=keys, usage_plans=plans)


def _warn_settings(stack: Stack, found: Iterable[ApiDefinition]) -> None:
    """Report settings without effect, of APIs of SAM and of the stages of other APIs."""
    apis = {definition.logical_id for definition in found}
    for definition in found:
        warn_stage_settings(definition.resource)
    for type_, key, api in _STAGES:
        for stage in stack.of_type(type_):
            owner = referred(stack, stage.properties, key, api)
            if owner is not None and owner.logical_id in apis:
                warn_stage_settings(stage)


def _with_models(stack: Stack, definition: ApiDefinition, routes: Iterable[Marked[Route]]) -> Api:
    """The API of a definition, with the models that its routes use."""
    own = (route.entry for route in routes if route.entry.api == definition.logical_id)
    models = used_models(stack, definition.resource, definition.document, own)
    return definition.api._replace(models=models)


SERVICE = Service(
    "apigateway",
    (*_SERVERLESS_TYPES, *_REST_TYPES, *_HTTP_TYPES),
    (EventSourceType("Api", lost=lost_route), EventSourceType("HttpApi", lost=lost_route)),
    _read,
)
