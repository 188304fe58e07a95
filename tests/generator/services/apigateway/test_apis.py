"""APIs of AWS::Serverless: settings, CORS in every form, documents."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from esb_generator.expand import Expansion
from esb_schemas.contract import Api, Cors, PolicyStatement

Read = Callable[..., Expansion]
Problems = Callable[..., list[str]]

FUNCTIONS = """
Orders: {Type: AWS::Serverless::Function, Properties: {Runtime: python3.12, Handler: a.b}}
Live: {Type: AWS::Serverless::Function, Properties: {Runtime: python3.12, Handler: a.b, AutoPublishAlias: live}}
"""
PATH = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions"


def routes(expansion: Expansion) -> list[str]:
    return [
        f"{route.method} {route.path} {route.function} {route.payload}" for route, _ in expansion.application.routes
    ]


def api(expansion: Expansion) -> Api:
    ((found, _),) = expansion.application.apis.values()
    return found


def test_every_setting_of_a_rest_api(read: Read) -> None:
    found = api(
        read(
            """
            Rest:
              Type: AWS::Serverless::Api
              Properties:
                Name: orders
                StageName: v1
                Variables: {color: blue, size: 3}
                BinaryMediaTypes: [image~1png, "*/*"]
                EndpointConfiguration: {Type: REGIONAL}
                TracingEnabled: true
            """
        )
    )
    assert found == Api(
        type="REST",
        stage="v1",
        name="orders",
        stage_variables={"color": "blue", "size": "3"},
        binary_media_types=("image/png", "*/*"),
    )


def test_every_setting_of_an_http_api(read: Read) -> None:
    found = api(
        read(
            """
            Http:
              Type: AWS::Serverless::HttpApi
              Properties: {StageName: dev, StageVariables: {color: red}, Tags: {team: shop}}
            """
        )
    )
    assert (found.type, found.stage, found.stage_variables, found.cors) == ("HTTP", "dev", {"color": "red"}, None)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("\"'*'\"", Cors(allow_origins=("*",))),
        ("\"'https://shop.example'\"", Cors(allow_origins=("https://shop.example",))),
        ("'*'", Cors(allow_origins=("*",))),
        (
            "{AllowOrigin: \"'https://a.example'\", AllowMethods: \"'GET, POST'\", AllowHeaders: \"'X-A,X-B'\", "
            "AllowCredentials: true, MaxAge: \"'600'\"}",
            Cors(("https://a.example",), ("GET", "POST"), ("X-A", "X-B"), allow_credentials=True, max_age=600),
        ),
        ("{AllowMethods: \"'GET'\"}", Cors(("*",), ("GET",))),
    ],
)
def test_cors_of_a_rest_api(read: Read, written: str, expected: Cors) -> None:
    template = f"Rest: {{Type: AWS::Serverless::Api, Properties: {{StageName: v1, Cors: {written}}}}}"
    assert api(read(template)).cors == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("true", Cors(allow_origins=("*",))),
        ("false", None),
        (
            "{AllowOrigins: [https://a.example], AllowMethods: [GET], AllowHeaders: [X-A], ExposeHeaders: [X-B], "
            "AllowCredentials: true, MaxAge: 60}",
            Cors(("https://a.example",), ("GET",), ("X-A",), ("X-B",), allow_credentials=True, max_age=60),
        ),
    ],
)
def test_cors_of_an_http_api(read: Read, written: str, expected: Cors | None) -> None:
    template = f"Http: {{Type: AWS::Serverless::HttpApi, Properties: {{CorsConfiguration: {written}}}}}"
    assert api(read(template)).cors == expected


@pytest.mark.parametrize(
    ("properties", "sentence"),
    [
        ("{}", "Rest has no StageName; add it"),
        ("{StageName: v/1}", "StageName must be letters, digits, - and _, not 'v/1'"),
        ("{StageName: v1, Cors: {AllowOrigins: '*'}}", "Cors has no property AllowOrigins; did you mean AllowOrigin?"),
        ("{StageName: v1, Cors: {AllowCredentials: true}}", "Cors allows credentials from every origin"),
    ],
)
def test_what_is_wrong_with_an_api(problems: Problems, properties: str, sentence: str) -> None:
    (found,) = problems(f"Rest: {{Type: AWS::Serverless::Api, Properties: {properties}}}")
    assert sentence in found


def test_an_api_that_is_called_like_an_implicit_one(read: Read) -> None:
    written = with_document("StageName: v1", f"/orders: {{get: {to('Orders.Arn')}}}").replace(
        "Front:", "ServerlessRestApi:"
    )
    assert routes(read(written)) == ["GET /orders Orders 1.0"]
    of_globals = "Globals: {Api: {Cors: \"'*'\"}}\nResources:\n" + textwrap.indent(FUNCTIONS, "  ")
    assert read(of_globals).application.apis == {}


def test_an_event_for_a_route_that_an_http_api_has_from_its_document(read: Read) -> None:
    """The document says who answers; the event may say who may call, and with which event format."""
    event = "{Type: HttpApi, Properties: {ApiId: !Ref Front, Path: /orders, Method: GET, PayloadFormatVersion: '2.0'}}"
    caller = f"""
Caller:
  Type: AWS::Serverless::Function
  Properties: {{Runtime: python3.12, Handler: a.b, Events: {{Get: {event}}}}}
"""
    expansion = read(with_document("Name: front", f"/orders: {{get: {to('Orders.Arn')}}}", caller, kind="HttpApi"))
    assert routes(expansion) == ["GET /orders Orders 2.0"]
    signed = caller.replace("Method: GET,", "Method: GET, Auth: {Authorizer: AWS_IAM},")
    closed = with_document(
        "Auth: {EnableIamAuthorizer: true}", f"/orders: {{get: {to('Orders.Arn')}}}", signed, kind="HttpApi"
    )
    ((route, _),) = read(closed).application.routes
    assert (route.function, route.auth.authorization) == ("Orders", "AWS_IAM")


@pytest.mark.parametrize("uri", ["s3://b/api.yaml", "{Bucket: b, Key: api.yaml}"])
@pytest.mark.parametrize(("kind", "key"), [("Api", "RestApiId"), ("HttpApi", "ApiId")])
def test_an_api_whose_document_is_in_s3_answers_nothing(read: Read, kind: str, key: str, uri: str) -> None:
    expansion = read(
        f"""
        Front: {{Type: AWS::Serverless::{kind}, Properties: {{StageName: v1, DefinitionUri: {uri}}}}}
        F:
          Type: AWS::Serverless::Function
          Properties:
            CodeUri: src
            Handler: app.handler
            Runtime: python3.12
            Events: {{Get: {{Type: {kind}, Properties: {{{key}: !Ref Front, Path: /orders, Method: GET}}}}}}
        """
    )
    assert expansion.application.routes == ()
    assert "which the build cannot fetch: its routes are left out" in expansion.notices[0].text


@pytest.mark.parametrize("said", ["'true'", "\"'*'\""])
def test_credentials_that_are_text_are_not_allowed_by_sam(read: Read, said: str) -> None:
    cors = f"{{AllowOrigin: \"'*'\", AllowCredentials: {said}}}"
    expansion = read(f"Rest: {{Type: AWS::Serverless::Api, Properties: {{StageName: v1, Cors: {cors}}}}}")
    assert api(expansion).cors == Cors(("*",))
    (notice,) = expansion.notices
    assert "AWS does not allow credentials" in notice.text


def with_document(properties: str, paths: str, more: str = "", kind: str = "Api") -> str:
    return (
        FUNCTIONS
        + f"Front:\n  Type: AWS::Serverless::{kind}\n  Properties:\n    {properties}\n"
        + "    DefinitionBody:\n      openapi: '3.0.1'\n      paths:\n"
        + textwrap.indent(textwrap.dedent(paths), " " * 8)
        + textwrap.dedent(more)
    )


def to(function: str, more: str = "") -> str:
    uri = f"!Sub '{PATH}/${{{function}}}/invocations'"
    return f"{{x-amazon-apigateway-integration: {{type: aws_proxy, httpMethod: POST, uri: {uri}{more}}}}}"


def test_the_routes_of_a_document(read: Read) -> None:
    expansion = read(
        with_document(
            "StageName: v1",
            f"""
            /orders:
              get: {to("Orders.Arn", ", timeoutInMillis: 1000")}
              x-amazon-apigateway-any-method: {to("Live.Alias")}
              parameters: []
            /orders/{{id}}:
              summary: one order
              post: {to("Orders.Arn")}
            """,
        )
    )
    assert routes(expansion) == [
        "GET /orders Orders 1.0",
        "ANY /orders Live 1.0",
        "POST /orders/{id} Orders 1.0",
    ]
    assert expansion.application.routes[0].entry.timeout_in_millis == 1000
    assert expansion.notices == ()


EVENT = """
F:
  Type: AWS::Serverless::Function
  Properties:
    Runtime: python3.12
    Handler: a.b
    Events:
      Same: {Type: Api, Properties: {RestApiId: !Ref Front, Path: /orders, Method: get}}
      Other: {Type: Api, Properties: {RestApiId: !Ref Front, Path: /other, Method: get}}
"""


def test_events_add_nothing_to_a_rest_api_with_a_document(read: Read) -> None:
    expansion = read(with_document("StageName: v1", f"/orders:\n  get: {to('Orders.Arn')}\n", EVENT))
    assert routes(expansion) == ["GET /orders Orders 1.0"]


def test_merged_definitions_prefer_the_document(read: Read) -> None:
    settings = "StageName: v1\n    MergeDefinitions: true"
    expansion = read(with_document(settings, f"/orders:\n  get: {to('Orders.Arn')}\n", EVENT))
    assert routes(expansion) == ["GET /orders Orders 1.0", "GET /other F 1.0"]


def test_events_are_merged_into_an_http_apis_document(read: Read) -> None:
    event = (
        EVENT.replace("Type: Api", "Type: HttpApi").replace("RestApiId", "ApiId").replace("Path: /orders,", "Path: /a,")
    )
    paths = f"""
    /orders:
      get: {to("Orders.Arn", ", payloadFormatVersion: '2.0'")}
      put: {to("Orders.Arn")}
    /other:
      get: {{responses: {{}}}}
    $default:
      x-amazon-apigateway-any-method: {to("Orders.Arn", ", payloadFormatVersion: 2.0")}
    """
    expansion = read(with_document("StageName: v1", paths, event, kind="HttpApi"))
    assert routes(expansion) == [
        "GET /orders Orders 2.0",
        "PUT /orders Orders 1.0",
        "GET /a F 2.0",
        "GET /other F 2.0",
        "ANY $default Orders 2.0",
    ]


def test_a_rest_api_drops_a_trailing_slash_and_an_http_api_keeps_it(read: Read) -> None:
    events = """
    F:
      Type: AWS::Serverless::Function
      Properties:
        Runtime: python3.12
        Handler: a.b
        Events:
          One: {Type: %(type)s, Properties: {Path: "/orders/{id}/", Method: get}}
          Root: {Type: %(type)s, Properties: {Path: /, Method: get}}
    """
    rest, http = read(events % {"type": "Api"}), read(events % {"type": "HttpApi"})
    assert [route.path for route, _ in rest.application.routes] == ["/", "/orders/{id}"]
    assert [route.path for route, _ in http.application.routes] == ["/", "/orders/{id}/"]
    assert (rest.notices, [notice.text for notice in http.notices]) == ((), [no_route("/orders/{id}/")])
    paths = f"""
    /items/: {{get: {to("Orders.Arn")}}}
    """
    rest, http = (read(with_document("StageName: v1", paths, kind=kind)) for kind in ("Api", "HttpApi"))
    assert (routes(rest), rest.notices) == (["GET /items Orders 1.0"], ())
    assert routes(http) == ["GET /items/ Orders 1.0"]
    assert [notice.text for notice in http.notices] == [no_route("/items/")]


def no_route(path: str) -> str:
    """https://github.com/aws/serverless-application-model/issues/1949"""
    return f"the path {path} ends with a slash, and on AWS an HTTP API has no such route; remove the slash"


def test_integrations_that_reach_no_function_are_told(read: Read) -> None:
    integration = "x-amazon-apigateway-integration"
    paths = f"""
    /mock: {{get: {{{integration}: {{type: mock}}}}}}
    /http: {{get: {{{integration}: {{type: http, uri: https://example.com}}}}}}
    /aws: {{get: {{{integration}: {{type: aws, uri: x}}}}}}
    /bus: {{get: {{{integration}: {{type: AWS_PROXY, integrationSubtype: EventBridge-PutEvents}}}}}}
    /else: {{get: {{{integration}: {{type: aws_proxy, uri: '{PATH}/arn:aws:lambda:x:1:function:Z/invocations'}}}}}}
    /none: {{get: {{responses: {{}}}}}}
    """
    expansion = read(with_document("StageName: v1", paths))
    assert routes(expansion) == []
    assert [notice.text.removesuffix(": it is left out") for notice in expansion.notices] == [
        "route GET /mock of Front has a mock integration that chooses no response; "
        """add requestTemplates with '{"statusCode": 200}'""",
        "route GET /http of Front has an integration of type HTTP, and only AWS_PROXY to a function, HTTP_PROXY "
        "and MOCK are served; let a function answer",
        "route GET /aws of Front has an integration of type AWS, and only AWS_PROXY to a function, HTTP_PROXY "
        "and MOCK are served; let a function answer",
        "route GET /bus of Front calls EventBridge-PutEvents without a function; let a function call it",
        "route GET /else of Front goes to something that is not a function of this template",
        "route GET /none of Front has no integration",
    ]


def guards(expansion: Expansion) -> list[str]:
    """Each route with what is checked before its function is called."""
    shown = []
    for route, _ in expansion.application.routes:
        auth = route.auth
        words = [auth.authorizer or auth.authorization, *auth.scopes, *(["key"] if auth.api_key_required else [])]
        shown.append(f"{route.method} {route.path}: {' '.join(words)}")
    return shown


SCHEMES = f"""
      securityDefinitions:
        Tokens:
          type: apiKey
          name: X-Token
          in: header
          x-amazon-apigateway-authtype: custom
          x-amazon-apigateway-authorizer:
            type: token
            authorizerUri: !Sub "{PATH}/${{Orders.Arn}}/invocations"
            authorizerResultTtlInSeconds: 60
            identityValidationExpression: "^Bearer"
        Calls:
          type: apiKey
          name: Unused
          in: header
          x-amazon-apigateway-authorizer:
            type: request
            authorizerUri: !Sub "{PATH}/${{Orders.Arn}}/invocations"
            identitySource: method.request.header.A, context.httpMethod
        Pool:
          type: apiKey
          name: Authorization
          in: header
          x-amazon-apigateway-authorizer:
            type: cognito_user_pools
            providerARNs: [arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a]
        signed: {{type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4}}
        keyed: {{type: apiKey, name: x-api-key, in: header}}
        Login: {{type: oauth2}}
"""


def test_security_in_a_document_protects(read: Read) -> None:
    def secured(security: str) -> str:
        return to("Orders.Arn")[:-1] + f", {security}}}"

    paths = f"""
    /open: {{get: {secured("security: [{NONE: []}]")}}}
    /named: {{get: {secured("security: [{Pool: [read]}, {keyed: []}]")}}}
    /calls: {{get: {secured("security: [{Calls: []}]")}}}
    /iam: {{get: {secured("x-amazon-apigateway-auth: {type: AWS_IAM}")}}}
    /signed: {{get: {secured("security: [{signed: []}]")}}}
    /default: {{get: {to("Orders.Arn")}}}
    /two: {{get: {secured("security: [{Pool: []}, {Tokens: []}]")}}}
    /other: {{get: {secured("security: [{Login: []}]")}}}
    """
    expansion = read(with_document("StageName: v1\n    Auth: {DefaultAuthorizer: Tokens}", paths) + SCHEMES)
    assert guards(expansion) == [
        "GET /open: NONE",
        "GET /named: Pool read key",
        "GET /calls: Calls",
        "GET /iam: AWS_IAM",
        "GET /signed: AWS_IAM",
        "GET /default: Tokens",
    ]
    assert [notice.text for notice in expansion.notices if "left out" in notice.text] == [
        "route GET /two of Front needs authorizer Pool and Tokens, and only one can be asked: it is left out",
        "route GET /other of Front needs authorizer Login, which has no x-amazon-apigateway-authorizer: it is left out",
    ]
    tokens, calls, pool = api(expansion).authorizers.values()
    assert (tokens.identity_sources, tokens.result_ttl_in_seconds) == (("$request.header.X-Token",), 60)
    assert (calls.function, calls.identity_sources) == ("Orders", ("$request.header.A", "$context.httpMethod"))
    assert pool.user_pool_arns == ("arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a",)


def test_security_of_a_whole_document_protects_what_has_none_of_its_own(read: Read) -> None:
    own = to("Orders.Arn")[:-1] + ", security: []}"
    paths = f"/closed: {{get: {to('Orders.Arn')}}}\n/open: {{get: {own}}}\n"
    expansion = read(with_document("StageName: v1", paths) + "      security: [{Pool: []}]\n" + SCHEMES)
    assert guards(expansion) == ["GET /closed: Pool", "GET /open: NONE"]


def test_scopes_of_a_document_are_its_own(read: Read) -> None:
    """Scopes of SAM's authorizers are for its events, and for what the default authorizer checks."""
    own = to("Orders.Arn")[:-1] + ", security: [{Users: []}]}"
    keyed = to("Orders.Arn")[:-1] + ", security: [{api_key: []}]}"
    paths = f"/own: {{get: {own}}}\n/default: {{get: {to('Orders.Arn')}}}\n/keyed: {{get: {keyed}}}\n"
    arn = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a"
    users = f"Authorizers: {{Users: {{UserPoolArn: '{arn}', AuthorizationScopes: [all]}}}}"
    expansion = read(with_document(f"StageName: v1\n    Auth: {{DefaultAuthorizer: Users, {users}}}", paths))
    assert guards(expansion) == ["GET /own: Users", "GET /default: Users all", "GET /keyed: Users all key"]


def test_an_event_may_override_what_a_document_asks(read: Read) -> None:
    auth = "Path: /orders, Method: get, Auth: {Authorizer: AWS_IAM, OverrideApiAuth: true}"
    event = EVENT.replace("Path: /orders, Method: get", auth)
    paths = f"/orders: {{get: {to('Orders.Arn')}}}\n/b: {{get: {to('Orders.Arn')}}}\n"
    text = with_document("StageName: v1\n    Auth: {DefaultAuthorizer: Tokens}", paths)
    text += SCHEMES + textwrap.dedent(event)
    assert guards(read(text)) == ["GET /orders: AWS_IAM", "GET /b: Tokens"]


def test_a_policy_in_a_document_closes_its_api(read: Read) -> None:
    paths = f"/a: {{get: {to('Orders.Arn')}}}\n"
    policy = "      x-amazon-apigateway-policy: {Statement: [{Effect: Deny, NotPrincipal: '*'}]}\n"
    assert guards(read(with_document("StageName: v1", paths) + policy)) == []


def test_a_policy_in_a_document_is_that_of_its_api(read: Read) -> None:
    paths = f"/a: {{get: {to('Orders.Arn')}}}\n"
    policy = "{Effect: Deny, Principal: {AWS: '*'}, Action: ['execute-api:Invoke'], Resource: 'execute-api:/v1/GET/a'}"
    expansion = read(
        with_document("StageName: v1", paths) + f"      x-amazon-apigateway-policy: {{Statement: {policy}}}\n"
    )
    assert api(expansion).policy == (PolicyStatement("Deny", ("execute-api:/v1/GET/a",)),)


def test_schemes_of_an_http_api(read: Read) -> None:
    def secured(security: str) -> str:
        return to("Orders.Arn")[:-1] + f", {security}}}"

    schemes = """
      components:
        securitySchemes:
          Login:
            type: oauth2
            x-amazon-apigateway-authorizer:
              type: jwt
              jwtConfiguration: {issuer: https://id.example, audience: [shop]}
              identitySource: $request.header.Authorization
          Tokens: {type: apiKey, in: header, name: A, x-amazon-apigateway-authorizer: {type: token, authorizerUri: X}}
    """.replace("authorizerUri: X", f"authorizerUri: !Sub '{PATH}/${{Orders.Arn}}/invocations'")
    paths = f"""
    /a: {{get: {secured("security: [{Login: [read, write]}]")}}}
    /b: {{get: {secured("security: [{Tokens: []}]")}}}
    """
    expansion = read(with_document("StageName: v1", paths, kind="HttpApi") + schemes)
    assert guards(expansion) == ["GET /a: Login read write"]
    assert "needs authorizer Tokens, whose type TOKEN HTTP APIs do not have" in expansion.notices[0].text


def test_preflight_mocks_become_cors(read: Read) -> None:
    header = "method.response.header.Access-Control-Allow"
    paths = f"""
    /orders:
      options:
        x-amazon-apigateway-integration:
          type: mock
          responses:
            default:
              statusCode: "200"
              responseParameters:
                {header}-Origin: "'https://shop.example'"
                {header}-Methods: "'GET,OPTIONS'"
                {header}-Headers: "'Content-Type'"
    """
    expansion = read(with_document("StageName: v1", paths))
    assert api(expansion).cors == Cors(("https://shop.example",), ("GET", "OPTIONS"), ("Content-Type",))
    assert expansion.notices == ()


def test_a_document_in_a_file(read: Read) -> None:
    document = (
        "swagger: '2.0'\npaths:\n  /orders:\n    get:\n      operationId: listOrders\n"
        "      x-amazon-apigateway-integration:\n        type: aws_proxy\n"
        f"        uri: {PATH}/arn:aws:lambda:us-east-1:123456789012:function:${{stageVariables.target}}/invocations\n"
    )
    template = FUNCTIONS + (
        "Front: {Type: AWS::Serverless::Api, Properties: "
        "{StageName: v1, DefinitionUri: api/orders.yaml, Variables: {target: Orders}}}"
    )
    expansion = read(template, files={"api/orders.yaml": document})
    assert routes(expansion) == ["GET /orders Orders 1.0"]
    ((route, mark),) = expansion.application.routes
    assert (route.operation_name, str(mark)) == ("listOrders", "api/orders.yaml:5:7")


def test_an_http_apis_own_cors_and_streams(read: Read) -> None:
    uri = f"!Sub '{PATH.replace('2015-03-31', '2021-11-15')}/${{Orders.Arn}}/response-streaming-invocations'"
    paths = f"""
    /ask: {{post: {{x-amazon-apigateway-integration: {{type: aws_proxy, uri: {uri}}}}}}}
    """
    more = "      x-amazon-apigateway-cors: {allowOrigins: ['*'], allowMethods: GET, maxAge: 5}\n"
    expansion = read(with_document("StageName: v1", paths, kind="HttpApi") + more)
    assert api(expansion).cors == Cors(("*",), ("GET",), max_age=5)
    assert routes(expansion) == ["POST /ask Orders 1.0"]
    assert [notice.text for notice in expansion.notices] == [
        "route POST /ask: answers are not streamed; they are sent when they are whole"
    ]
