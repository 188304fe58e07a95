"""What is checked before a route's function is called, and which routes are left out because it cannot be."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from esb_generator.expand import Expansion
from esb_schemas.contract import ApiKey, Authorizer, PlannedApi, PolicyStatement, Quota, Throttle, UsagePlan

Read = Callable[..., Expansion]
Problems = Callable[..., list[str]]

FUNCTION = """
F:
  Type: AWS::Serverless::Function
  Properties:
    Runtime: python3.12
    Handler: app.handler
    Events:
"""


def events(*lines: str, before: str = "") -> str:
    """A template with one function that has some events, one a line."""
    return before + FUNCTION + "".join(f"      {line}\n" for line in lines)


def routes(expansion: Expansion) -> list[str]:
    """Every route as `API METHOD path`, in order."""
    return [f"{route.api} {route.method} {route.path}" for route, _ in expansion.application.routes]


def guards(expansion: Expansion) -> list[str]:
    """Each route with what is checked before its function is called."""
    shown = []
    for route, _ in expansion.application.routes:
        auth = route.auth
        words = [auth.authorizer or auth.authorization, *auth.scopes, *(["key"] if auth.api_key_required else [])]
        shown.append(f"{route.method} {route.path}: {' '.join(words)}")
    return shown


def authorizer_of(expansion: Expansion) -> Authorizer:
    """The only authorizer of the only API."""
    ((api, _),) = expansion.application.apis.values()
    (found,) = api.authorizers.values()
    return found


def left_out(expansion: Expansion) -> list[str]:
    """What is said of the routes that cannot be protected here."""
    return [notice.text for notice in expansion.notices if "left out" in notice.text]


CHECK = "Check: {Type: AWS::Serverless::Function, Properties: {Runtime: python3.12, Handler: a.b, CodeUri: check}}\n"
REST = "Rest:\n  Type: AWS::Serverless::Api\n  Properties:\n    StageName: v1\n    Auth:\n"
DEFAULT_TOKENS = (
    CHECK + REST + "      DefaultAuthorizer: Tokens\n      Authorizers: {Tokens: {FunctionArn: !GetAtt Check.Arn}}\n"
)


def on(api: str, method: str, path: str, auth: str = "{}") -> str:
    kind, key = ("Api", "RestApiId") if api == "Rest" else ("HttpApi", "ApiId")
    name = path.strip("/{}+").capitalize() or "Root"
    said = f"Path: '{path}', Method: {method}, {key}: !Ref {api}, Auth: {auth}"
    return f"{name}{method}: {{Type: {kind}, Properties: {{{said}}}}}"


def test_what_an_api_asks_of_all_and_what_a_route_changes_of_it(read: Read) -> None:
    expansion = read(
        events(
            on("Rest", "get", "/default"),
            on("Rest", "get", "/none", "{Authorizer: NONE}"),
            on("Rest", "get", "/key", "{Authorizer: NONE, ApiKeyRequired: true}"),
            on("Rest", "get", "/both", "{ApiKeyRequired: true}"),
            on("Rest", "get", "/iam", "{Authorizer: AWS_IAM}"),
            on("Rest", "options", "/default"),
            before=DEFAULT_TOKENS,
        )
    )
    assert sorted(guards(expansion)) == [
        "GET /both: Tokens key",
        "GET /default: Tokens",
        "GET /iam: AWS_IAM",
        "GET /key: NONE key",
        "GET /none: NONE",
        "OPTIONS /default: Tokens",
    ]
    assert left_out(expansion) == []


def test_options_may_be_spared(read: Read) -> None:
    spared = "      AddDefaultAuthorizerToCorsPreflight: false\n"
    both = (on("Rest", "options", "/a"), on("Rest", "get", "/a"))
    assert guards(read(events(*both, before=DEFAULT_TOKENS + spared))) == ["OPTIONS /a: NONE", "GET /a: Tokens"]


@pytest.mark.parametrize(
    ("authorizer", "fields"),
    [
        (
            "{FunctionArn: !GetAtt Check.Arn}",
            {"type": "TOKEN", "function": "Check", "identity_sources": ("$request.header.Authorization",)},
        ),
        (
            "{FunctionArn: !GetAtt Check.Arn, Identity: {Header: X-T, ValidationExpression: a+, ReauthorizeEvery: 5}}",
            {"identity_sources": ("$request.header.X-T",), "validation_expression": "a+", "result_ttl_in_seconds": 5},
        ),
        (
            "{FunctionArn: !GetAtt Check.Arn, FunctionPayloadType: REQUEST, Identity: {Headers: [A], QueryStrings: [b],"
            " StageVariables: [c], Context: [httpMethod]}}",
            {
                "type": "REQUEST",
                "identity_sources": (
                    "$request.header.A",
                    "$request.querystring.b",
                    "$stageVariables.c",
                    "$context.httpMethod",
                ),
            },
        ),
        (
            "{UserPoolArn: arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a, AuthorizationScopes: [x]}",
            {
                "type": "COGNITO_USER_POOLS",
                "user_pool_arns": ("arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a",),
            },
        ),
    ],
)
def test_authorizers_of_a_rest_api(read: Read, authorizer: str, fields: dict[str, object]) -> None:
    before = CHECK + REST + f"      DefaultAuthorizer: It\n      Authorizers: {{It: {authorizer}}}\n"
    expansion = read(events(on("Rest", "get", "/a"), before=before))
    found = authorizer_of(expansion)
    assert {name: getattr(found, name) for name in fields} == fields
    assert len(guards(expansion)) == 1


def http(authorizer: str, more: str = "DefaultAuthorizer: It") -> str:
    api = "Web:\n  Type: AWS::Serverless::HttpApi\n  Properties:\n"
    return CHECK + api + f"    Auth:\n      {more}\n      Authorizers: {{It: {authorizer}}}\n"


@pytest.mark.parametrize(
    ("authorizer", "fields"),
    [
        (
            "{JwtConfiguration: {issuer: https://id.example, audience: [a, b]},"
            " IdentitySource: $request.querystring.token}",
            {
                "type": "JWT",
                "issuer": "https://id.example",
                "audience": ("a", "b"),
                "identity_sources": ("$request.querystring.token",),
                "issued_here": False,
            },
        ),
        (
            "{FunctionArn: !GetAtt Check.Arn, AuthorizerPayloadFormatVersion: 2.0, EnableSimpleResponses: true,"
            " Identity: {Headers: [X-T], ReauthorizeEvery: 30}}",
            {"type": "REQUEST", "payload": "2.0", "simple_responses": True, "result_ttl_in_seconds": 30},
        ),
        (
            '{FunctionArn: !GetAtt Check.Arn, AuthorizerPayloadFormatVersion: "1.0"}',
            {"payload": "1.0", "simple_responses": False, "identity_sources": ()},
        ),
    ],
)
def test_authorizers_of_an_http_api(read: Read, authorizer: str, fields: dict[str, object]) -> None:
    expansion = read(events(on("Web", "get", "/a"), before=http(authorizer)))
    found = authorizer_of(expansion)
    assert {name: getattr(found, name) for name in fields} == fields


def test_a_pool_of_this_template_is_issued_here(read: Read) -> None:
    pool = "Pool: {Type: AWS::Cognito::UserPool, Properties: {}}\n"
    issuer = "!Sub 'https://cognito-idp.${AWS::Region}.amazonaws.com/${Pool}'"
    authorizer = f"{{JwtConfiguration: {{issuer: {issuer}, audience: [a]}}, IdentitySource: $request.header.A}}"
    expansion = read(events(on("Web", "get", "/a"), before=pool + http(authorizer)))
    assert authorizer_of(expansion).issued_here


def test_scopes_of_an_event_replace_those_of_its_authorizer(read: Read) -> None:
    authorizer = (
        "{JwtConfiguration: {issuer: https://id.example, audience: a}, IdentitySource: $request.header.A,"
        " AuthorizationScopes: [all]}"
    )
    own = on("Web", "get", "/own", "{Authorizer: It, AuthorizationScopes: [x, y]}")
    both = events(own, on("Web", "get", "/a"), before=http(authorizer))
    assert guards(read(both)) == ["GET /own: It x y", "GET /a: It all"]


def test_an_empty_list_of_scopes_means_none_in_a_rest_api_alone(read: Read) -> None:
    """The SAM transform takes an empty list for none in a REST API, and passes it over in an HTTP API."""
    pool = "{UserPoolArn: arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a, AuthorizationScopes: [all]}"
    empty = on("Rest", "get", "/a", "{Authorizer: It, AuthorizationScopes: []}")
    before = CHECK + REST + f"      Authorizers: {{It: {pool}}}\n"
    assert guards(read(events(empty, before=before))) == ["GET /a: It"]

    login = (
        "{JwtConfiguration: {issuer: https://id.example, audience: a}, IdentitySource: $request.header.A,"
        " AuthorizationScopes: [all]}"
    )
    empty = on("Web", "get", "/a", "{Authorizer: It, AuthorizationScopes: []}")
    assert guards(read(events(empty, before=http(login)))) == ["GET /a: It all"]


def test_options_of_an_http_api(read: Read) -> None:
    authorizer = "{JwtConfiguration: {issuer: https://id.example, audience: a}, IdentitySource: $request.header.A}"
    scoped = on("Web", "options", "/b", "{AuthorizationScopes: [x]}")
    both = events(on("Web", "options", "/a"), scoped, before=http(authorizer))
    assert guards(read(both)) == ["OPTIONS /a: NONE", "OPTIONS /b: It x"]


@pytest.mark.parametrize(
    ("authorizer", "reason"),
    [
        ("{FunctionArn: arn:aws:lambda:us-east-1:123456789012:function:x}", "whose function arn:aws:lambda:"),
        ("{UserPoolArn: pool}", "whose user pool pool is not the ARN of one"),
        (
            "{FunctionArn: !GetAtt Check.Arn, FunctionPayloadType: REQUEST, Identity: {Headers: ['a b']}}",
            "whose identity source $request.header.a b is not understood",
        ),
        (
            "{FunctionArn: !GetAtt Check.Arn, Identity: {ValidationExpression: '('}}",
            "whose expression ( cannot be read",
        ),
    ],
)
def test_what_cannot_be_checked_is_left_out(read: Read, authorizer: str, reason: str) -> None:
    before = CHECK + REST + f"      Authorizers: {{It: {authorizer}}}\n"
    protected, free = on("Rest", "get", "/a", "{Authorizer: It}"), on("Rest", "get", "/b")
    expansion = read(events(protected, free, before=before))
    assert guards(expansion) == ["GET /b: NONE"]
    (told,) = left_out(expansion)
    assert told.startswith(f"route GET /a of Rest needs authorizer It, {reason}")


def test_an_authorizer_that_nobody_defines(read: Read) -> None:
    expansion = read(events(on("Rest", "get", "/a", "{Authorizer: Other}"), before=DEFAULT_TOKENS))
    assert guards(expansion) == []
    assert left_out(expansion) == [
        "route GET /a of Rest needs authorizer Other, which its API does not define: it is left out"
    ]


def policy_of(expansion: Expansion) -> tuple[PolicyStatement, ...]:
    """The resource policy of the only API."""
    ((api, _),) = expansion.application.apis.values()
    return api.policy


EVERYBODY = "Principal: '*', Action: 'execute-api:Invoke'"
ALL = ("execute-api:/v1/*/*",)
TEN = {"aws:SourceIp": ("10.0.0.0/8",)}


@pytest.mark.parametrize(
    ("policy", "statements"),
    [
        (f"{{CustomStatements: [{{Effect: Allow, {EVERYBODY}, Resource: '*'}}]}}", ()),
        ("{CustomStatements: {Effect: Allow, Principal: '*', Action: '*', Resource: ['execute-api:/*/*/*']}}", ()),
        (
            "{IpRangeWhitelist: [10.0.0.0/8]}",
            (PolicyStatement("Allow", ALL), PolicyStatement("Deny", ALL, {"NotIpAddress": TEN})),
        ),
        (
            "{IpRangeBlacklist: 10.0.0.0/8}",
            (PolicyStatement("Allow", ALL), PolicyStatement("Deny", ALL, {"IpAddress": TEN})),
        ),
        (
            f"{{CustomStatements: [{{Effect: Deny, {EVERYBODY}, Resource: '*'}}]}}",
            (PolicyStatement("Deny", ("*",)),),
        ),
        (
            f"{{CustomStatements: [{{Effect: Allow, {EVERYBODY}, Resource: '*'}}, "
            "{Effect: Deny, Principal: '*', Action: 'execute-api:Inv*', Resource: 'execute-api:/v1/GET/a'}]}",
            (PolicyStatement("Allow", ("*",)), PolicyStatement("Deny", ("execute-api:/v1/GET/a",))),
        ),
        (
            f"{{CustomStatements: [{{Effect: Allow, {EVERYBODY}, Resource: 'execute-api:/v1/GET/b/*/*/*'}}]}}",
            (PolicyStatement("Allow", ("execute-api:/v1/GET/b/*/*/*",)),),
        ),
        (
            f"{{CustomStatements: [{{Effect: Allow, {EVERYBODY}, Resource: ['execute-api:/v1/GET/*', x], "
            "Condition: {IpAddress: {'aws:SourceIp': [10.0.0.0/8]}, Bool: {'aws:SecureTransport': true}}}]}",
            (
                PolicyStatement(
                    "Allow",
                    ("execute-api:/v1/GET/*", "x"),
                    {"IpAddress": TEN, "Bool": {"aws:SecureTransport": ("true",)}},
                ),
            ),
        ),
        (
            "{CustomStatements: [{Effect: Deny, Principal: '*', Action: 'execute-api:ManageConnections', "
            f"Resource: '*'}}, {{Effect: Allow, {EVERYBODY}, Resource: 'execute-api:/v1/*'}}]}}",
            (PolicyStatement("Allow", ("execute-api:/v1/*",)),),
        ),
    ],
)
def test_a_resource_policy_says_who_may_call_an_api(
    read: Read, policy: str, statements: tuple[PolicyStatement, ...]
) -> None:
    expansion = read(events(on("Rest", "get", "/a"), before=CHECK + REST + f"      ResourcePolicy: {policy}\n"))
    assert policy_of(expansion) == statements
    assert guards(expansion) == ["GET /a: NONE"]


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("{SourceVpcWhitelist: [vpc-1]}", "with SourceVpcWhitelist, which is not checked"),
        (
            f"{{CustomStatements: [{{Effect: Deny, {EVERYBODY}, Resource: '*', "
            "Condition: {StringNotEquals: {'aws:SourceVpce': vpce-1}}}]}",
            "with a condition on aws:SourceVpce, which is not checked",
        ),
        (
            "{CustomStatements: [{Effect: Allow, Principal: {AWS: '123456789012'}, Action: '*', Resource: '*'}]}",
            "with a Principal that is not everybody, which is not checked",
        ),
        ("{CustomStatements: [{Effect: Allow, Action: '*', Resource: '*'}]}", "with a Principal that is not everybody"),
        (
            "{CustomStatements: [{Effect: Deny, Principal: '*', Action: '*', NotResource: '*'}]}",
            "with NotResource, which is not checked",
        ),
        (
            f"{{CustomStatements: [{{Effect: Allow, {EVERYBODY}, Resource: '*', Conditon: {{}}}}]}}",
            "with Conditon, which is not checked",
        ),
        (
            f"{{CustomStatements: [{{Effect: Deny, {EVERYBODY}, Resource: v1/GET/a}}]}}",
            "with the Resource v1/GET/a, which is not checked",
        ),
        ("{CustomStatements: []}", "that has no statement for callers"),
    ],
)
def test_a_resource_policy_that_is_not_checked_closes_its_api(read: Read, policy: str, reason: str) -> None:
    expansion = read(events(on("Rest", "get", "/a"), before=CHECK + REST + f"      ResourcePolicy: {policy}\n"))
    assert (guards(expansion), policy_of(expansion)) == ([], ())
    (told,) = left_out(expansion)
    assert told.startswith(f"route GET /a of Rest is behind a resource policy {reason}")


def test_an_event_adds_to_the_policy_of_its_api(read: Read) -> None:
    """As SAM writes it: for the methods that its path has so far. What no statement names is then closed."""
    only_ten = "{ResourcePolicy: {IpRangeWhitelist: [10.0.0.0/8]}}"
    expansion = read(
        events(
            on("Rest", "post", "/a/{id}"),
            on("Rest", "get", "/a/{id}", only_ten),
            on("Rest", "any", "/b", only_ten),
            on("Rest", "get", "/c"),
            before=CHECK + REST.removesuffix("    Auth:\n"),
        )
    )
    first = ("execute-api:/v1/POST/a/*", "execute-api:/v1/GET/a/*")
    second = ("execute-api:/v1/*/b",)
    assert policy_of(expansion) == (
        PolicyStatement("Allow", first),
        PolicyStatement("Deny", first, {"NotIpAddress": TEN}),
        PolicyStatement("Allow", second),
        PolicyStatement("Deny", second, {"NotIpAddress": TEN}),
    )


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("      ResourcePolicy: {IpRangeWhitelist: [10.0.0]}\n", "IpRangeWhitelist must be an address or a block"),
        ("      DefaultAuthorizr: X\n", "Auth has no property DefaultAuthorizr; did you mean DefaultAuthorizer?"),
    ],
)
def test_what_an_auth_must_not_say(problems: Problems, said: str, problem: str) -> None:
    (told,) = problems(events(on("Rest", "get", "/a"), before=CHECK + REST + said))
    assert problem in told


def test_what_only_events_of_a_rest_api_have(read: Read) -> None:
    """SAM accepts these in an event of an HTTP API, too: its route asks for no key then, and so it is left out."""
    told = [on("Web", "get", "/a", "{ApiKeyRequired: true}"), on("Web", "get", "/b", "{InvokeRole: NONE}")]
    expansion = read(events(*told, before="Web:\n  Type: AWS::Serverless::HttpApi\n"))
    assert guards(expansion) == ["GET /b: NONE"]
    assert left_out(expansion) == [
        "route GET /a of Web needs an API key, which HTTP APIs do not ask for: it is left out"
    ]
    assert any("Auth.InvokeRole: SAM ignores it in an HTTP API" in each.text for each in expansion.notices)


def test_what_sam_passes_over_in_an_authorizer_is_a_warning(read: Read) -> None:
    both = "{FunctionArn: !GetAtt Check.Arn, EnableSimpleResponses: true, Identity: {Headr: X-Token}}"
    plan = "      UsagePlan: {CreateUsagePlan: PER_API, Quotas: {Limit: 1}}\n"
    before = CHECK + REST + f"      Authorizers: {{It: {both}}}\n" + plan
    told = [notice.text for notice in read(events(on("Rest", "get", "/a"), before=before)).notices]
    no_effect = "is nothing that SAM reads, so it has no effect"
    assert told == [
        f"Auth.Authorizers.It.EnableSimpleResponses {no_effect}",
        f"Auth.Authorizers.It.Identity.Headr {no_effect}; did you mean Header?",
        f"Auth.UsagePlan.Quotas {no_effect}; did you mean Quota?",
    ]


def test_an_event_that_misspells_its_protection_is_refused(problems: Problems) -> None:
    (told,) = problems(events(on("Rest", "get", "/a", "{Authorizr: Tokens}"), before=DEFAULT_TOKENS))
    assert "Auth has no property Authorizr; did you mean Authorizer?" in told


def test_mutual_tls_closes_an_api(read: Read) -> None:
    domain = "    Domain: {DomainName: a.example, MutualTlsAuthentication: {TruststoreUri: s3://a/b}}\n"
    expansion = read(events(on("Rest", "get", "/a"), before=DEFAULT_TOKENS + domain))
    assert guards(expansion) == []
    assert left_out(expansion)[0].startswith("route GET /a of Rest is behind mutual TLS")


def test_an_open_route_does_not_answer_for_one_that_is_left_out(read: Read) -> None:
    """At AWS a call of /admin is refused; here it must not fall through to the route for everything."""
    expansion = read(
        events(
            "A: {Type: HttpApi, Properties: {Path: /admin, Method: get, Auth: {Authorizer: Other}}}",
            "B: {Type: HttpApi, Properties: {Path: '/{proxy+}', Method: any}}",
            "C: {Type: HttpApi, Properties: {Path: /public, Method: any}}",
            "D: {Type: HttpApi, Properties: {Path: '/{x}', Method: post}}",
        )
    )
    assert routes(expansion) == ["ServerlessHttpApi ANY /public", "ServerlessHttpApi POST /{x}"]
    assert [notice.text for notice in expansion.notices][1:] == [
        "route ANY /{proxy+} of ServerlessHttpApi would answer for GET /admin, which is left out as protected: "
        "it is left out too",
    ]


def test_open_routes_beside_a_catch_all_that_is_left_out_stay(read: Read) -> None:
    expansion = read(
        events(
            "A: {Type: HttpApi, Properties: {Path: '/{proxy+}', Method: any, Auth: {Authorizer: Other}}}",
            "B: {Type: HttpApi, Properties: {Path: /health, Method: get}}",
        )
    )
    assert routes(expansion) == ["ServerlessHttpApi GET /health"]


# API keys


def test_the_shared_plan_takes_further_keys(read: Read) -> None:
    by_hand = """
Key: {Type: AWS::ApiGateway::ApiKey, Properties: {Enabled: true}}
Member:
  Type: AWS::ApiGateway::UsagePlanKey
  Properties: {KeyId: !Ref Key, KeyType: API_KEY, UsagePlanId: !Ref ServerlessUsagePlan}
"""
    settings = "      ApiKeyRequired: true\n      UsagePlan: {CreateUsagePlan: SHARED}\n"
    plans = read(events(on("Rest", "get", "/a"), before=by_hand + REST + settings)).application.usage_plans
    assert {name: plan.keys for name, plan in plans.items()} == {"ServerlessUsagePlan": ("ServerlessApiKey", "Key")}


def test_globals_protect_the_implicit_api(read: Read) -> None:
    function = (
        FUNCTION.rstrip().replace("\n", "\n  ") + "\n        A: {Type: Api, Properties: {Path: /a, Method: get}}\n"
    )
    expansion = read(f"Globals: {{Api: {{Auth: {{ApiKeyRequired: true}}}}}}\nResources:{function}")
    assert guards(expansion) == ["GET /a: NONE key"]
    (notice,) = expansion.notices
    assert notice.logical_id == "ServerlessRestApi"
    assert "no usage plan of the template has one for it" in notice.text


@pytest.mark.parametrize(
    ("kind", "plan", "key"),
    [("PER_API", "RestUsagePlan", "RestApiKey"), ("SHARED", "ServerlessUsagePlan", "ServerlessApiKey")],
)
def test_the_plan_and_the_key_that_sam_makes(read: Read, kind: str, plan: str, key: str) -> None:
    settings = (
        f"      ApiKeyRequired: true\n      UsagePlan: {{CreateUsagePlan: {kind}, "
        "Throttle: {RateLimit: 2.5, BurstLimit: 5}, Quota: {Limit: 10, Period: WEEK, Offset: 1}}\n"
    )
    application = read(events(on("Rest", "get", "/a"), before=REST + settings)).application
    made = UsagePlan({"Rest": PlannedApi()}, (key,), Throttle(2.5, 5), Quota(10, "WEEK", 1))
    assert (application.api_keys, application.usage_plans) == ({key: ApiKey()}, {plan: made})


def test_keys_and_plans_written_by_hand(read: Read) -> None:
    by_hand = """
Key: {Type: AWS::ApiGateway::ApiKey, Properties: {Enabled: true, Value: a-value-of-some-length}}
Off: {Type: AWS::ApiGateway::ApiKey, Properties: {Name: off}}
Plan:
  Type: AWS::ApiGateway::UsagePlan
  Properties:
    ApiStages:
      - {ApiId: !Ref Rest, Stage: !Ref Rest.Stage, Throttle: {/a/GET: {RateLimit: 1}}}
      - {ApiId: !Ref Rest, Stage: other}
Member: {Type: AWS::ApiGateway::UsagePlanKey, Properties: {KeyId: !Ref Key, KeyType: API_KEY, UsagePlanId: !Ref Plan}}
SamPlan:
  Type: AWS::ApiGateway::UsagePlanKey
  Properties: {KeyId: !Ref Off, KeyType: API_KEY, UsagePlanId: !Ref RestUsagePlan}
Lost: {Type: AWS::ApiGateway::UsagePlanKey, Properties: {KeyId: x, KeyType: API_KEY, UsagePlanId: !Ref Plan}}
"""
    before = by_hand + REST + "      ApiKeyRequired: true\n      UsagePlan: {CreateUsagePlan: PER_API}\n"
    expansion = read(events(on("Rest", "get", "/a"), before=before))
    keys = expansion.application.api_keys
    assert keys["Key"].value_sha256 == hashlib.sha256(b"a-value-of-some-length").hexdigest()
    assert (keys["Key"].enabled, keys["Off"].enabled, keys["RestApiKey"].value_sha256) == (True, False, None)
    plans = expansion.application.usage_plans
    assert plans["Plan"] == UsagePlan({"Rest": PlannedApi({"GET /a": Throttle(1)})}, ("Key",))
    assert plans["RestUsagePlan"].keys == ("RestApiKey", "Off")
    assert [notice.text for notice in expansion.notices] == [
        "its plan or its key is not in this template: it has no effect"
    ]
