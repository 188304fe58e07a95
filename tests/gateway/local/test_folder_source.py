"""What changes in the folder while `esb-gateway local` runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.local.local_gateway import DOCUMENTS, LocalGateway
from tests.watching import is_alive, until

pytestmark = pytest.mark.server

HANDLER = "import json, os\n\n\ndef handler(event, context):\n    return {WHAT}\n"
TABLE = (
    "  - TableName: guests\n"
    "    KeySchema: [{AttributeName: id, KeyType: HASH}]\n"
    "    AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n"
    "    BillingMode: PAY_PER_REQUEST\n"
)
TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Parameters:
  Greeting: {Type: String}
Resources:
  Greet:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: app.handler
      Runtime: python3.11
      Environment: {Variables: {GREETING: !Ref Greeting}}
      Events:
        Greet: {Type: HttpApi, Properties: {Method: GET, Path: /greet}}
"""
GUESTS = "  Guests: {Type: AWS::Serverless::SimpleTable, Properties: {TableName: guests}}\n"


@pytest.fixture
def stack(by_hand: Path, start: Callable[..., LocalGateway]) -> Iterator[LocalGateway]:
    """Running, with one call of `echo` answered, so that a process of it is there."""
    gateway = start(by_hand).ready()
    assert gateway.invoke("echo", 1) == 1
    yield gateway
    assert not any("Traceback" in line for line in gateway.notes)


def write(gateway: LocalGateway, name: str, text: str) -> None:
    """Replace a file of the folder, as `esb build` does."""
    path = gateway.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text)
    temporary.replace(path)


def test_an_edited_handler_is_what_answers(stack: LocalGateway) -> None:
    write(stack, "functions/echo/app.py", HANDLER.replace("{WHAT}", "'new'"))
    until(lambda: stack.invoke("echo", 1) == "new")
    write(stack, "functions/echo/app.py", HANDLER.replace("{WHAT}", "a mistake"))
    until(lambda: "Runtime.UserCodeSyntaxError" in str(stack.invoke("echo", 1)))
    (stack.root / "functions/echo/app.py").write_text(HANDLER.replace("{WHAT}", "'mended'"))
    until(lambda: stack.invoke("echo", 1) == "mended")


def test_functions_and_routes_come_and_go(stack: LocalGateway) -> None:
    write(stack, "functions/greet/app.py", HANDLER.replace("{WHAT}", "json.dumps(os.environ['GREETING'])"))
    greet = "  greet: {handler: app.handler, runtime: python3.11, environment: {GREETING: hello}}\n"
    write(stack, "config/functions.yml", DOCUMENTS["functions.yml"] + greet)
    write(stack, "config/routing.yml", "routes: [{path: /greet, method: POST, function: greet}]\n")
    until(lambda: stack.call("POST", "/greet", "") == (200, "hello"))
    assert stack.call("POST", "/echo", "")[0] == 404

    write(stack, "config/functions.yml", DOCUMENTS["functions.yml"] + greet.replace("hello", "goodbye"))
    until(lambda: stack.invoke("greet") == '"goodbye"')

    write(stack, "config/routing.yml", DOCUMENTS["routing.yml"])
    write(stack, "config/functions.yml", DOCUMENTS["functions.yml"])
    until(lambda: stack.call("POST", "/echo", {"a": 1})[0] == 200)
    assert stack.call("POST", "/greet", "")[0] == 404
    client = stack.client("lambda")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke(FunctionName="greet")
    client.close()


def test_a_new_table_is_there_before_its_route(stack: LocalGateway) -> None:
    probe = DOCUMENTS["functions.yml"].replace("handler: app.handler", "handler: tables.handler", 1)
    handler = (
        "import json\n\nimport boto3\n\n\ndef handler(event, context):\n"
        "    return json.dumps(boto3.client('dynamodb').scan(TableName='guests')['Count'])\n"
    )
    resources = DOCUMENTS["resources.yml"].replace("S3:", TABLE + "S3:")
    for name, text in {
        "functions/probe/tables.py": handler,
        "config/functions.yml": probe,
        "config/resources.yml": resources,
        "config/routing.yml": "routes: [{path: /guests, method: GET, function: probe}]\n",
    }.items():
        write(stack, name, text)
    answers: list[tuple[int, Any]] = []

    def answered() -> bool:
        answers.append(stack.call("GET", "/guests"))
        return answers[-1][0] == 200

    until(answered)
    assert answers[-1] == (200, 0)
    assert {status for status, _ in answers[:-1]} <= {404}, "a route was live before its table"


def test_what_cannot_be_served_is_refused_and_the_rest_goes_on(stack: LocalGateway) -> None:
    write(stack, "config/routing.yml", "routes: [{path: /echo, method: POST, function: nobody}]\n")
    until(lambda: "there is no function nobody" in stack.call("GET", "/_esb/ready")[1].get("refused", ""))
    assert stack.call("POST", "/echo", {"a": 1})[0] == 200
    until(lambda: any("configuration refused" in line and "no function nobody" in line for line in list(stack.lines)))

    write(stack, "config/routing.yml", "routes: []\n")
    write(stack, "config/resources.yml", "S3: [{BucketName: files, Color: red}]\n")
    until(lambda: "S3[0].Color: unknown key" in stack.call("GET", "/_esb/ready")[1].get("refused", ""))
    assert stack.call("POST", "/echo", {"a": 1})[0] == 200

    write(stack, "config/resources.yml", DOCUMENTS["resources.yml"])
    until(lambda: stack.call("POST", "/echo", {"a": 1})[0] == 404)
    assert stack.call("GET", "/_esb/ready") == (200, {"status": "ready"})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A template with one function, as a person keeps it; never built."""
    (tmp_path / "shop/src").mkdir(parents=True)
    (tmp_path / "shop/template.yaml").write_text(TEMPLATE)
    (tmp_path / "shop/src/app.py").write_text(HANDLER.replace("{WHAT}", "json.dumps(os.environ['GREETING'])"))
    return tmp_path / "shop"


def test_with_watch_the_source_is_all_there_is_to_edit(project: Path, start: Callable[..., LocalGateway]) -> None:
    gateway = start(project / ".esb", "--watch", "--", "--parameter-overrides", "Greeting=hello").ready()
    assert gateway.call("GET", "/greet") == (200, "hello")

    (project / "src/app.py").write_text(HANDLER.replace("{WHAT}", "json.dumps('edited')"))
    until(lambda: gateway.call("GET", "/greet") == (200, "edited"))

    template = project / "template.yaml"
    template.write_text(TEMPLATE.replace("/greet", "/{broken"))
    until(lambda: any(line.startswith("template.yaml:") and "error: " in line for line in list(gateway.notes)))
    assert gateway.call("GET", "/greet") == (200, "edited")

    (project / "src/app.py").write_text(
        "import json\n\nimport boto3\n\n\ndef handler(event, context):\n"
        "    return json.dumps(boto3.client('dynamodb').scan(TableName='guests')['Count'])\n"
    )
    template.write_text(TEMPLATE.replace("/greet", "/guests") + GUESTS)
    until(lambda: gateway.call("GET", "/guests") == (200, 0))
    assert gateway.call("GET", "/greet")[0] == 404

    children = gateway.processes()
    assert gateway.end() == 0
    assert not any(map(is_alive, children))
    assert not any("Traceback" in line for line in gateway.notes)


def test_a_build_that_cannot_start_is_one_sentence(project: Path, start: Callable[..., LocalGateway]) -> None:
    gateway = start(project / ".esb", "--watch", "--", "--dance")
    assert gateway.wait() == 1
    assert any("unrecognized arguments: --dance" in line for line in gateway.notes)
    assert gateway.notes[-1] == "esb-gateway: --watch: esb build could not be started; the reason is above.\n"


EVERYTHING = """\
functions:
  probe:
    handler: app.handler
    runtime: python3.11
    event_invoke: {maximum_retry_attempts: 0, on_failure: {function: own}}
  own:
    handler: app.handler
    runtime: python3.11
    url: {auth_type: NONE}
    events: [{type: Schedule, name: Yearly, schedule: cron(0 0 1 1 ? *)}]
"""
KEY = "a key of twenty letters"
GUARDED = f"""\
apis: {{Shop: {{type: REST}}}}
api_keys: {{Key: {{value_sha256: {hashlib.sha256(KEY.encode()).hexdigest()}}}}}
usage_plans: {{Plan: {{apis: {{Shop: {{}}}}, keys: [Key]}}}}
routes: [{{path: /own, method: GET, function: own, api: Shop, api_key_required: true}}]
"""


def test_urls_schedules_keys_and_destinations_follow_the_files(stack: LocalGateway) -> None:
    def schedules() -> list[str]:
        return [each["name"] for each in stack.call("GET", "/_esb/schedules")[1]["schedules"]]

    def printed() -> list[str]:
        return [json.loads(line).get("message", "") for line in list(stack.lines) if line.startswith("{")]

    write(
        stack,
        "functions/own/app.py",
        "def handler(event, context):\n    print(event.get('requestContext', {}).get('condition'))\n"
        "    return {'statusCode': 200, 'body': '1'}\n",
    )
    assert schedules() == []
    write(stack, "config/functions.yml", EVERYTHING)
    write(stack, "config/routing.yml", GUARDED)
    until(lambda: stack.call("GET", "/own")[0] == 403)
    assert stack.call("GET", "/_url/own/") == (200, 1)
    assert schedules() == ["Yearly"]
    assert stack.call("GET", "/own", headers={"x-api-key": KEY}) == (200, 1)
    client = stack.client("lambda")
    client.invoke(FunctionName="probe", InvocationType="Event", Payload=b'{"import": "there_is_none"}')
    client.close()
    until(lambda: "RetriesExhausted" in printed())

    write(stack, "config/functions.yml", EVERYTHING.partition("    url:")[0])
    write(stack, "config/routing.yml", GUARDED.replace(", api_key_required: true", ""))
    until(lambda: stack.call("GET", "/own") == (200, 1))
    assert stack.call("GET", "/_url/own/")[0] in (403, 404)
    assert schedules() == []
