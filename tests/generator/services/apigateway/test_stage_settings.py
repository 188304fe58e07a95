"""Settings of stages that AWS enforces and the gateway does not: they are reported, never accepted in silence."""

from __future__ import annotations

from collections.abc import Callable

from esb_generator.expand import Expansion

Read = Callable[..., Expansion]
FUNCTION = """
F:
  Type: AWS::Serverless::Function
  Properties:
    Runtime: python3.12
    Handler: a.b
    Events: {E: {Type: %s, Properties: {Path: /, Method: get%s}}}
"""
THROTTLED = "requests are not throttled; only the throttles of usage plans are enforced, by API key"
CACHED = "responses are not cached; each request reaches its integration"
CANARY = "there are no canary releases; all requests reach what the template deploys"


def told(expansion: Expansion) -> list[tuple[str, str]]:
    return [(notice.logical_id, notice.text) for notice in expansion.notices]


def test_throttles_caches_and_canaries_of_a_rest_api_are_told(read: Read) -> None:
    expansion = read(
        """
        Front:
          Type: AWS::Serverless::Api
          Properties:
            StageName: v1
            CacheClusterEnabled: true
            CanarySetting: {PercentTraffic: 10}
            MethodSettings:
              - {HttpMethod: "*", ResourcePath: "/*", LoggingLevel: INFO, MetricsEnabled: true}
              - {HttpMethod: GET, ResourcePath: /, ThrottlingBurstLimit: 5, CachingEnabled: true}
              - {HttpMethod: POST, ResourcePath: /, ThrottlingRateLimit: 5}
        """
    )
    assert told(expansion) == [
        ("Front", f"CanarySetting: {CANARY}"),
        ("Front", f"MethodSettings[1]: {CACHED}"),
        ("Front", f"MethodSettings[1].ThrottlingBurstLimit: {THROTTLED}"),
    ]


def test_settings_that_change_no_response_are_not_told(read: Read) -> None:
    expansion = read(
        """
        Front:
          Type: AWS::Serverless::Api
          Properties:
            StageName: v1
            MethodSettings: [{HttpMethod: "*", ResourcePath: "/*", LoggingLevel: INFO, CachingEnabled: false}]
        Other:
          Type: AWS::Serverless::HttpApi
          Properties: {DefaultRouteSettings: {DetailedMetricsEnabled: true}}
        """
    )
    assert told(expansion) == []


def test_throttles_of_an_implicit_api_stand_in_globals(read: Read) -> None:
    expansion = read(
        "Globals: {Api: {MethodSettings: [{HttpMethod: '*', ResourcePath: '/*', ThrottlingRateLimit: 50}]}}\n"
        "Resources:\n" + (FUNCTION % ("Api", "")).replace("\n", "\n  ")
    )
    assert told(expansion) == [("ServerlessRestApi", f"MethodSettings[0].ThrottlingRateLimit: {THROTTLED}")]


def test_throttles_of_http_apis_and_of_their_events_are_told(read: Read) -> None:
    expansion = read(
        FUNCTION % ("HttpApi", ", ApiId: !Ref Front, RouteSettings: {ThrottlingRateLimit: 5}")
        + """
Front:
  Type: AWS::Serverless::HttpApi
  Properties:
    DefaultRouteSettings: {ThrottlingBurstLimit: 500}
    RouteSettings: {GET /: {ThrottlingBurstLimit: 5}}
"""
    )
    assert told(expansion) == [
        ("F", f"Events.E.Properties.RouteSettings.ThrottlingRateLimit: {THROTTLED}"),
        ("Front", f"DefaultRouteSettings.ThrottlingBurstLimit: {THROTTLED}"),
    ]


def test_stages_of_apis_in_plain_cloudformation_are_told(read: Read) -> None:
    expansion = read(
        """
        Rest: {Type: AWS::ApiGateway::RestApi, Properties: {Name: rest}}
        RestStage:
          Type: AWS::ApiGateway::Stage
          Properties:
            RestApiId: !Ref Rest
            StageName: v1
            MethodSettings: [{HttpMethod: "*", ResourcePath: "/*", CachingEnabled: true}]
        Http: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: http, ProtocolType: HTTP}}
        HttpStage:
          Type: AWS::ApiGatewayV2::Stage
          Properties: {ApiId: !Ref Http, StageName: v1, RouteSettings: {GET /: {ThrottlingRateLimit: 1}}}
        """
    )
    assert told(expansion) == [
        ("RestStage", f"MethodSettings[0]: {CACHED}"),
        ("HttpStage", f"RouteSettings.GET /.ThrottlingRateLimit: {THROTTLED}"),
    ]
