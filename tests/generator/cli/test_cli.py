"""The command as a person or a script uses it: what it says, what it leaves on the disk, how it exits."""

from __future__ import annotations

import io
import json
import shlex
import shutil
import stat
from pathlib import Path

import pytest
import yaml

from esb_generator.cli import run
from esb_generator.cli.console import Console
from esb_generator.output.compose.file_names import PROJECT_FILES
from esb_schemas.contract import load_functions
from tests.generator.conftest import TEMPLATE, Esb, esb_at, tree

BROKEN = TEMPLATE.replace("Handler", "Handlr")
PROTECTED = """
Transform: AWS::Serverless-2016-10-31
Resources:
  OrdersFunction:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: app.handler
      CodeUri: src
      Events:
        Free: {Type: Api, Properties: {Path: /free, Method: get}}
        Keyed: {Type: Api, Properties: {Path: /keyed, Method: get, Auth: {ApiKeyRequired: true}}}
        Signed: {Type: Api, Properties: {Path: /signed, Method: post, Auth: {Authorizer: AWS_IAM}}}
"""
WITH_BROKER = TEMPLATE + "\n  Broker:\n    Type: AWS::AmazonMQ::Broker\n"


# What a build says and leaves


def test_the_first_build_says_what_it_read_and_made(esb: Esb) -> None:
    result = esb("build")

    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("template.yaml: stack shop in us-east-1\n  1 function, 1 table\n.esb: ")
    *_, created, egress, following = result.out.splitlines()
    assert created.endswith(" created")
    assert egress.startswith("egress: open; functions reach the internet and this machine")
    assert following == "next: docker compose up -d --wait, or without Docker: esb-gateway local"


def test_a_later_build_says_how_to_look_before_an_update(esb: Esb) -> None:
    esb("build")

    *_, check, update = esb("build").out.splitlines()

    assert check.startswith("next: docker compose run --rm --no-deps provisioner --plan  # exit code 3: ")
    assert update.strip().startswith("docker compose up -d --wait --remove-orphans, or without Docker: ")


def test_a_build_names_the_routes_and_who_may_call_them(esb: Esb, project: Path) -> None:
    (project / "template.yaml").write_text(PROTECTED)

    lines = esb("build", "--output", "out").out.splitlines()
    assert lines[1:5] == [
        "  1 function, 3 routes",
        "  GET   /free    OrdersFunction  open",
        "  GET   /keyed   OrdersFunction  API key",
        "  POST  /signed  OrdersFunction  signature (AWS_IAM)",
    ]
    assert lines[-1].endswith(
        "docker compose -f out/docker-compose.yml up -d --wait, or without Docker: esb-gateway local out"
    )
    assert "next:" not in esb("validate").out


def test_the_second_build_says_that_nothing_changed_and_writes_nothing(esb: Esb, project: Path) -> None:
    esb("build")
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*")}
    result = esb("build")

    assert ".esb: up to date, " in result.out
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*")} == before


def test_code_in_the_projects_own_folder_does_not_take_the_last_build_with_it(esb: Esb, project: Path) -> None:
    (project / "template.yaml").write_text(TEMPLATE.replace("CodeUri: src", "CodeUri: ."))
    esb("build")

    assert (project / "compose.yaml").exists()
    assert esb("build", "--check").code == 0
    code = sorted(tree(project / ".esb/functions/OrdersFunction/code"))
    assert code == ["src/app.py", "template.yaml"]


def test_what_the_template_no_longer_asks_for_is_removed(esb: Esb, project: Path) -> None:
    (project / "template.yaml").write_text(TEMPLATE.replace("OrdersFunction", "OldFunction"))
    esb("build")
    (project / "template.yaml").write_text(TEMPLATE)
    removed = esb("build", "--json").document["removed"]

    assert {"functions/OldFunction/Dockerfile", "functions/OldFunction/code/app.py"} <= set(removed)
    assert [path.name for path in (project / ".esb/functions").iterdir()] == ["OrdersFunction"]


def test_files_of_others_below_the_output_stay(esb: Esb, project: Path) -> None:
    esb("build")
    mine = project / ".esb/config/notes.txt"
    mine.write_text("mine")
    (project / "src/app.py").write_text("# changed\n")
    esb("build")

    assert mine.read_text() == "mine"


@pytest.mark.parametrize("version", [0, 2])
def test_a_folder_of_another_esb_is_written_anew_and_keeps_its_secrets(esb: Esb, project: Path, version: int) -> None:
    esb("build")
    before = tree(project)
    for path in (project / ".esb/config").iterdir():
        path.write_text(path.read_text().replace("Version: 1", f"Version: {version}") + "of_another_time: true\n")
    manifest = json.loads((project / ".esb/manifest.json").read_text())
    (project / ".esb/services/of_another_time").write_text("x")
    manifest["files"].append("services/of_another_time")
    (project / ".esb/manifest.json").write_text(json.dumps({**manifest, "of_another_time": True}))

    assert esb("build").code == 0
    assert tree(project) == before


def test_a_file_in_the_way_is_refused_and_kept(esb: Esb, project: Path) -> None:
    (project / ".esb").mkdir()
    (project / ".esb/docker-compose.yml").write_text("mine")
    result = esb("build")

    assert result.code == 1
    assert result.err == (
        "error: .esb/docker-compose.yml was not written by esb and is in the way; move it, or name another --output\n"
    )
    assert tree(project / ".esb") == {"docker-compose.yml": b"mine"}


def test_a_gitignore_of_the_users_own_stays(project: Path, esb: Esb) -> None:
    own = project / ".esb/.gitignore"
    own.parent.mkdir()
    own.write_text("*\n")
    for _ in range(2):
        assert esb("build").code == 0
        assert own.read_text() == "*\n"
    own.unlink()
    assert esb("build").code == 0
    assert own.read_text() == "/.env\n/secrets.env\n"


def test_secrets_are_made_once_for_the_owner_alone_and_never_shown(esb: Esb, project: Path) -> None:
    first = esb("build")
    secrets = (project / ".esb/secrets.env").read_text()
    (project / "src/app.py").write_text("# changed\n")
    second = esb("build", "--json")

    assert (project / ".esb/secrets.env").read_text() == secrets
    assert stat.S_IMODE((project / ".esb/secrets.env").stat().st_mode) == 0o600
    shown = first.out + first.err + second.out + second.err
    assert not [line for line in secrets.splitlines() if line.partition("=")[2] in shown]


# The project's compose.yaml


def test_the_first_build_makes_docker_compose_up_work_in_the_project(esb: Esb, project: Path) -> None:
    esb("build")

    assert yaml.safe_load((project / "compose.yaml").read_text()) == {
        "name": "shop",
        "include": [".esb/docker-compose.yml"],
    }


@pytest.mark.parametrize("name", PROJECT_FILES)
def test_a_compose_file_that_is_there_stays_the_only_one(esb: Esb, project: Path, name: str) -> None:
    (project / name).write_text("services: {}\n")
    esb("build")

    assert (project / name).read_text() == "services: {}\n"
    assert [other for other in PROJECT_FILES if (project / other).exists()] == [name]


def test_a_persons_changes_to_compose_yaml_stay(esb: Esb, project: Path) -> None:
    esb("build")
    (project / "compose.yaml").write_text("services: {}\n")
    esb("build")

    assert (project / "compose.yaml").read_text() == "services: {}\n"


def test_the_settings_of_a_site_are_a_file_that_no_build_touches(esb: Esb, project: Path) -> None:
    esb("build")

    settings = project / "esb.env"
    assert settings.read_bytes() == b""
    settings.write_text("ESB_GATEWAY_PORT=8181\n")
    assert esb("build").code == 0
    assert settings.read_text() == "ESB_GATEWAY_PORT=8181\n"
    included = yaml.safe_load((project / ".esb/docker-compose.yml").read_text())["include"]
    assert included == [{"path": "docker-compose.services.yml", "env_file": [".env", "../esb.env"]}]


def test_a_build_reads_the_settings_of_the_site_and_the_shell_wins(esb: Esb, project: Path) -> None:
    (project / "esb.env").write_text("ESB_FUNCTION_MEMORY=256\nAWS_REGION=eu-west-9\n")

    def slots(environ: dict[str, str]) -> int:
        assert "us-east-1" in esb("build", environ=environ).out  # only ESB's own variables are read
        document = yaml.safe_load((project / ".esb/config/functions.yml").read_text())
        return load_functions(document).settings("OrdersFunction").max_capacity

    assert slots({}) == 2
    assert slots({"ESB_FUNCTION_MEMORY": "384"}) == 3


def test_code_in_the_projects_folder_does_not_contain_the_settings_of_the_site(esb: Esb, project: Path) -> None:
    (project / "template.yaml").write_text(TEMPLATE.replace("CodeUri: src", "CodeUri: ."))
    esb("build")

    assert not list((project / ".esb/functions").glob("**/esb.env"))
    assert "up to date" in esb("build").out


def test_an_output_elsewhere_is_no_business_of_the_projects_compose_file(esb: Esb, project: Path) -> None:
    assert esb("build", "--output", "../out/stack").code == 0

    assert (project.parent / "out/stack/docker-compose.yml").exists()
    assert not (project / ".esb").exists()
    assert not (project / "compose.yaml").exists()


def test_another_folder_of_the_project_is_included_by_its_name(esb: Esb, project: Path) -> None:
    esb("build", "--output", "stack")

    assert yaml.safe_load((project / "compose.yaml").read_text())["include"] == ["stack/docker-compose.yml"]


# validate, --check, --strict


def test_validate_writes_nothing(esb: Esb, project: Path) -> None:
    before = tree(project)
    result = esb("validate")

    assert (result.code, result.err) == (0, "")
    assert "1 function, 1 table" in result.out
    assert tree(project) == before


def test_a_stack_of_a_connection_alone_is_not_nothing(esb: Esb, project: Path) -> None:
    (project / "template.yaml").write_text(
        """Resources:
  Crm:
    Type: AWS::Events::Connection
    Properties:
      AuthorizationType: BASIC
      AuthParameters: {BasicAuthParameters: {Username: esb, Password: secret}}
"""
    )
    assert esb("validate").out.splitlines()[1] == "  1 connection"


def test_validate_finds_what_a_build_would_find(esb: Esb, project: Path) -> None:
    (project / "src/app.py").unlink()
    (project / "src").rmdir()
    result = esb("validate")

    assert result.code == 1
    assert result.err == (
        "template.yaml:4:3: error: OrdersFunction: the folder src does not exist;"
        " paths are relative to the template's folder\n"
        "    4 |   OrdersFunction:\n"
        "      |   ^\n"
        "1 error; nothing was written\n"
    )


def test_check_tells_what_a_build_would_do_and_does_not_do_it(esb: Esb, project: Path) -> None:
    before = tree(project)
    first = esb("build", "--check")
    assert first.code == 1
    assert "would be created" in first.out
    assert tree(project) == before

    esb("build")
    assert esb("build", "--check").code == 0

    (project / "src/app.py").write_text("# changed\n")
    before = tree(project)
    changed = esb("build", "--check")
    assert changed.code == 1
    assert ".esb: 3 would be updated, " in changed.out
    assert "  ~ functions/OrdersFunction/code/app.py\n" in changed.out
    assert tree(project) == before


def test_a_warning_is_an_error_when_it_is_strict(esb: Esb, project: Path) -> None:
    (project / "template.yaml").write_text(WITH_BROKER)
    sentence = "Broker (AWS::AmazonMQ::Broker): no Amazon MQ in the stack"

    strict = esb("build", "--strict")
    assert strict.code == 1
    lines = "   11 |   Broker:\n      |   ^\n"
    assert strict.err == f"template.yaml:11:3: error: {sentence}\n{lines}1 error; nothing was written\n"
    assert not (project / ".esb").exists()

    lenient = esb("build")
    assert lenient.code == 0
    assert lenient.err == f"template.yaml:11:3: warning: {sentence}\n"


# --json


def test_json_says_what_was_read_and_done(esb: Esb, project: Path) -> None:
    (project / "template.yaml").write_text(WITH_BROKER)
    result = esb("build", "--json")
    document = result.document

    assert (result.code, result.err) == (0, "")
    files = set(tree(project / ".esb")) - {"manifest.json", "secrets.env", ".env"}
    assert set(document.pop("created")) == files
    assert document == {
        "template": "template.yaml",
        "output": ".esb",
        "stack": {"name": "shop", "region": "us-east-1"},
        "functions": ["OrdersFunction"],
        "routes": [],
        "layers": [],
        "tables": ["Orders"],
        "buckets": [],
        "queues": [],
        "topics": [],
        "passed_over": {},
        "without_egress": [],
        "updated": [],
        "removed": [],
        "unchanged": 0,
        "unsupported": [
            {
                "type": "AWS::AmazonMQ::Broker",
                "logical_id": "Broker",
                "file": "template.yaml",
                "line": 11,
                "column": 3,
                "meaning": ["no Amazon MQ in the stack"],
                "placeholders": [],
            }
        ],
        "warnings": [
            {
                "file": "template.yaml",
                "line": 11,
                "column": 3,
                "message": "Broker (AWS::AmazonMQ::Broker): no Amazon MQ in the stack",
            }
        ],
        "errors": [],
    }
    assert esb("build", "--json").document["unchanged"] == len(files)


def test_json_has_every_error_with_its_place(esb: Esb, project: Path) -> None:
    (project / "template.yaml").write_text(BROKEN)
    result = esb("validate", "--json")

    assert (result.code, result.err) == (1, "")
    assert result.document == {
        "errors": [
            {
                "file": "template.yaml",
                "line": 6,
                "column": 17,
                "message": "OrdersFunction has no Handler; add it",
            },
            {
                "file": "template.yaml",
                "line": 6,
                "column": 32,
                "message": "OrdersFunction: AWS::Serverless::Function has no property Handlr; did you mean Handler?",
            },
        ]
    }


def test_an_error_without_a_place_has_a_message_alone_in_json(esb: Esb) -> None:
    assert esb("build", "--json", "--config-file", "none.toml").document == {
        "errors": [{"message": "none.toml does not exist; --config-file names a samconfig file"}]
    }


# Which template, which stack


def test_the_template_is_found_in_the_order_that_sam_has(esb: Esb, project: Path) -> None:
    (project / "template.yaml").rename(project / "template.yml")
    assert esb("validate", "--json").document["template"] == "template.yml"

    (project / "template.yaml").write_text(TEMPLATE)
    (project / "other.yaml").write_text(TEMPLATE)
    assert esb("validate", "--json").document["template"] == "template.yaml"

    (project / "samconfig.toml").write_text('[default.build.parameters]\ntemplate_file = "template.yml"\n')
    assert esb("validate", "--json").document["template"] == "template.yml"
    assert esb("validate", "--json", "-t", "other.yaml").document["template"] == "other.yaml"


def test_no_template_is_one_sentence(esb: Esb, project: Path) -> None:
    (project / "template.yaml").unlink()

    assert esb("build").err == (
        "error: there is no template.yaml, template.yml or template.json here, and no cdk.json;"
        " name the template with -t\n"
    )


def test_a_template_elsewhere_has_its_code_beside_it_and_its_samconfig(project: Path) -> None:
    (project / "samconfig.toml").write_text('[default.global.parameters]\nstack_name = "there"\n')
    here = project.parent / "here"
    here.mkdir()
    result = esb_at(here, ["build", "--json", "-t", "../shop/template.yaml"], {})

    assert result.document["stack"]["name"] == "there"
    assert (here / ".esb/functions/OrdersFunction/code/app.py").exists()


def test_code_is_relative_to_the_base_dir_of_samconfig(esb: Esb, project: Path) -> None:
    (project / "elsewhere").mkdir()
    (project / "src").rename(project / "elsewhere/src")
    (project / "samconfig.toml").write_text('[default.build.parameters]\nbase_dir = "elsewhere"\n')

    assert esb("build").code == 0
    assert (project / ".esb/functions/OrdersFunction/code/app.py").exists()


def test_region_and_stack_name_come_from_the_nearest_place(esb: Esb, project: Path) -> None:
    def stack(*arguments: str, **environ: str) -> tuple[str, str]:
        said = esb("validate", "--json", *arguments, environ=environ).document["stack"]
        return said["name"], said["region"]

    assert stack() == ("shop", "us-east-1")
    assert stack(AWS_REGION="eu-west-1") == ("shop", "eu-west-1")
    (project / "samconfig.toml").write_text('[default.deploy.parameters]\nstack_name = "s"\nregion = "eu-west-2"\n')
    assert stack(AWS_REGION="eu-west-1") == ("s", "eu-west-2")
    assert stack("--region", "eu-west-3", "--stack-name", "given") == ("given", "eu-west-3")


@pytest.mark.parametrize(
    ("memory_size", "memory", "slots"),
    [(128, None, 10), (2048, None, 5), (10240, None, 1), (128, "512", 4), (1024, "512", 1), (128, "4096", 10)],
)
def test_a_function_has_as_many_slots_as_fit_into_the_memory_for_functions(
    esb: Esb, project: Path, memory_size: int, memory: str | None, slots: int
) -> None:
    properties = f"MemorySize: {memory_size}, Runtime"
    (project / "template.yaml").write_text(TEMPLATE.replace("Runtime", properties))
    esb("build", environ={} if memory is None else {"ESB_FUNCTION_MEMORY": memory})

    document = yaml.safe_load((project / ".esb/config/functions.yml").read_text())
    compose = yaml.safe_load((project / ".esb/docker-compose.services.yml").read_text())
    assert load_functions(document).settings("OrdersFunction").max_capacity == slots
    assert compose["services"]["OrdersFunction"]["mem_limit"] == f"{memory_size * slots + 512 + 5 + 2 * slots}m"


def test_a_concurrency_of_the_template_wins_over_the_memory_for_functions(esb: Esb, project: Path) -> None:
    few = {"ESB_FUNCTION_MEMORY": "128"}
    for property_, scaling in (
        ("ReservedConcurrentExecutions: 7", {"max_capacity": 7}),
        ("ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 3}", {"min_capacity": 3, "max_capacity": 3}),
    ):
        (project / "template.yaml").write_text(TEMPLATE.replace("Runtime", f"{property_}, Runtime"))
        esb("build", environ=few)
        document = yaml.safe_load((project / ".esb/config/functions.yml").read_text())
        settings = load_functions(document).settings("OrdersFunction")
        assert {name: getattr(settings, name) for name in scaling} == scaling


WITH_ADAPTER = "Layers: ['arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerX86:27'], Runtime"


DIGEST = f"sha256:{'0' * 64}"


@pytest.mark.parametrize(
    "named",
    [
        "tools/lambda-adapter",
        "registry.example:5000/lambda-adapter:1.0",
        "adapter:1",
        f"adapter@{DIGEST}",
        f"adapter:1@{DIGEST}",
    ],
)
def test_the_web_adapter_comes_from_a_file_or_an_image(esb: Esb, project: Path, named: str) -> None:
    (project / "template.yaml").write_text(TEMPLATE.replace("Runtime", WITH_ADAPTER))
    (project / "tools").mkdir()
    (project / "tools/lambda-adapter").write_bytes(b"\x7fELF of the adapter")
    result = esb("build", environ={"ESB_WEB_ADAPTER": named})

    assert "is left out" not in result.err
    function = project / ".esb/functions/OrdersFunction"
    assert (function / "layers/1-lambda-web-adapter/bootstrap").stat().st_mode & 0o111
    program = function / "layers/1-lambda-web-adapter/extensions/lambda-adapter"
    copied = f"COPY --from={named} --chmod=755 /lambda-adapter" in (function / "Dockerfile").read_text()
    assert (program.exists(), copied) == ((True, False) if named.startswith("tools/") else (False, True))


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("template.yaml", "which is not a program for Linux"),
        ("nowhere", "which is neither a file nor an image such as public.ecr.aws/awsguru/aws-lambda-adapter:0.9.1"),
        ("a:1 /x", "which is neither a file nor an image such as public.ecr.aws/awsguru/aws-lambda-adapter:0.9.1"),
    ],
)
def test_a_web_adapter_that_is_none_is_one_sentence(esb: Esb, named: str, why: str) -> None:
    result = esb("build", environ={"ESB_WEB_ADAPTER": named})

    assert (result.code, result.err) == (1, f"error: ESB_WEB_ADAPTER is {named!r}, {why}\n")


@pytest.mark.parametrize("memory", ["much", "0", "-1", "1.5"])
def test_a_memory_for_functions_that_is_no_number_is_one_sentence(esb: Esb, memory: str) -> None:
    result = esb("build", environ={"ESB_FUNCTION_MEMORY": memory})

    assert result.code == 1
    assert result.err == f"error: ESB_FUNCTION_MEMORY is {memory!r}; it must be a number of MB, such as 10240\n"


def test_a_samconfig_of_another_name_and_environment(esb: Esb, project: Path) -> None:
    (project / "settings.toml").write_text('[live.global.parameters]\nstack_name = "live-shop"\n')

    result = esb("validate", "--json", "--config-file", "settings.toml", "--config-env", "live")
    assert result.document["stack"]["name"] == "live-shop"
    wrong = esb("validate", "--config-file", "settings.toml", "--config-env", "life")
    assert wrong.err == "error: settings.toml: there is no environment life; did you mean live?\n"


def test_an_environment_without_a_samconfig_is_one_sentence(esb: Esb) -> None:
    assert esb("build", "--config-env", "prod").err == (
        "error: --config-env prod needs a samconfig.toml, and there is none here\n"
    )


# init


def test_what_init_writes_can_be_built(esb: Esb, project: Path) -> None:
    started = esb("init", "new")
    assert (started.code, started.err) == (0, "")
    assert started.out.splitlines()[-3:] == [
        "its tests: pip install pytest && python -m pytest -q",
        "when it runs: curl http://localhost:8080/hello/ada",
        "next: cd new && esb build",
    ]

    built = esb_at(Path("new"), ["build", "--strict", "--json"], {})
    assert built.code == 0
    assert built.document["routes"] == [{"method": "GET", "path": "/hello/{name}", "api": "ServerlessHttpApi"}]
    assert built.document["tables"] == ["VisitsTable"]


def test_init_takes_the_application_and_the_language(esb: Esb, project: Path) -> None:
    started = esb("init", "it's new", "--app", "queue", "--language", "node", "--no-input")
    assert started.out.splitlines()[-1] == "next: cd 'it'\"'\"'s new' && esb build"
    assert "Runtime: nodejs22.x" in Path("it's new/template.yaml").read_text()


@pytest.mark.parametrize(
    ("answers", "runtime", "queues"),
    [
        (["", ""], "python3.12", 0),
        (["2", "node"], "nodejs22.x", 2),
        (["5", "no", "queue", "1"], "python3.12", 2),
    ],
)
def test_init_asks_a_person(project: Path, answers: list[str], runtime: str, queues: int) -> None:
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return answers[len(asked) - 1]

    out = io.StringIO()
    assert run(["init", "new"], project, {}, Console(out, io.StringIO(), ask)) == 0
    text = (project / "new/template.yaml").read_text()
    assert (f"Runtime: {runtime}" in text, text.count("AWS::SQS::Queue")) == (True, queues)
    assert (asked[0], asked[-1], len(asked)) == ("application [1]: ", "language [1]: ", len(answers))
    assert "  2  queue: a queue and its worker, with a dead-letter queue\n" in out.getvalue()
    assert run(["init", "quiet", "--no-input"], project, {}, Console(out, io.StringIO(), ask)) == 0
    assert len(asked) == len(answers)


def test_init_without_an_answer_is_one_sentence(project: Path) -> None:
    def ask(_: str) -> str:
        raise EOFError

    err = io.StringIO()
    assert run(["init", "new"], project, {}, Console(io.StringIO(), err, ask)) == 1
    assert err.getvalue() == "error: no answer; give --app and --language, or --no-input\n"
    assert not (project / "new").exists()


def test_init_adopts_an_application(esb: Esb, project: Path) -> None:
    (project / "template.yaml").write_text(WITH_BROKER)
    before = tree(project)
    result = esb("init")

    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[:2] == ["template.yaml: stack shop in us-east-1", "  1 function, 1 table"]
    assert lines[2] == "unsupported:"
    assert lines[3].startswith("  Broker (AWS::AmazonMQ::Broker, line 11): ")
    assert lines[4:] == ["  + compose.yaml", "  + .gitignore", "next: esb build"]
    written = tree(project)
    assert {name: content for name, content in written.items() if name in before} == before
    assert sorted(written.keys() - before.keys()) == [".gitignore", "compose.yaml"]
    assert esb("build").code == 0
    assert tree(project)["compose.yaml"] == written["compose.yaml"]


def test_templates_of_other_names_are_named_and_stay_alone(esb: Esb, project: Path) -> None:
    (project / "template.yaml").rename(project / "my api.yaml")
    (project / "docker.yml").write_text("services: {}")
    assert esb("build").err.endswith(" and no cdk.json; name the template: -t 'my api.yaml'\n")
    shutil.copy(project / "my api.yaml", project / "auth.yml")
    assert esb("build").err.endswith("; name the template, or several for one stack: -t auth.yml -t 'my api.yaml'\n")

    before = tree(project)
    refused = esb("init", "--no-input")
    assert refused.err == "error: . has an application; name it: esb init -t auth.yml -t 'my api.yaml'\n"
    assert (refused.code, tree(project)) == (1, before)


def test_a_template_whose_name_begins_with_a_dash_is_named_as_a_file(esb: Esb, project: Path) -> None:
    (project / "template.yaml").rename(project / "-c.yml")
    assert esb("build").err.endswith("; name the template: -t ./-c.yml\n")
    assert esb("init", "--no-input").err.endswith("name it: esb init -t ./-c.yml\n")
    assert esb("init", "--no-input", "-t", "./-c.yml").out.endswith("next: esb build -t ./-c.yml\n")
    assert esb("build", "-t", "./-c.yml").code == 0


def test_init_adopts_templates_that_it_is_given_with_their_parameters(esb: Esb, project: Path) -> None:
    (project / "template.yaml").rename(project / "my api.yaml")
    template = (project / "my api.yaml").read_text()
    (project / "my api.yaml").write_text(f"{template}\nParameters: {{Site: {{Type: String}}}}\n")
    (project / "jobs.yaml").write_text("Resources: {Jobs: {Type: 'AWS::SQS::Queue'}}")

    lines = esb("init", "-t", "my api.yaml", "-t", "jobs.yaml", "--parameter-overrides", "Site=a b").out.splitlines()

    assert "1 queue" in lines[1]
    assert lines[-1] == "next: esb build -t 'my api.yaml' -t jobs.yaml --parameter-overrides 'Site=a b'"
    assert esb(*shlex.split(lines[-1])[2:]).code == 0


def test_init_writes_nothing_beside_a_template_with_errors(esb: Esb, project: Path) -> None:
    (project / "template.yaml").write_text(TEMPLATE.replace("Handler", "Handlr"))
    before = tree(project)
    assert esb("init").code == 1
    assert tree(project) == before


def test_init_does_not_put_an_application_over_another_one(esb: Esb, project: Path) -> None:
    before = tree(project)
    result = esb("init", "--app", "queue")

    assert (result.code, result.out) == (1, "")
    assert result.err == "error: . has an application; leave --app and --language out to use it\n"
    assert tree(project) == before


def test_init_adopts_an_application_of_the_cdk(esb: Esb, project: Path) -> None:
    (project / "template.yaml").unlink()
    (project / "cdk.json").write_text(f'{{"output": "{project}/synthesized"}}')
    assert "run `cdk synth`, then build again" in esb("init").err

    (project / "synthesized").mkdir()
    (project / "synthesized/Shop.template.json").write_text('{"Resources": {"Jobs": {"Type": "AWS::SQS::Queue"}}}')
    assert esb("init").out.splitlines() == [
        "synthesized/Shop.template.json: stack Shop in us-east-1",
        "  1 queue",
        "everything is supported",
        "  + compose.yaml",
        "  + .gitignore",
        "next: esb build",
    ]
    assert not (project / "template.yaml").exists()


# Files from outside


def test_the_folder_of_samconfig_is_the_project_but_its_base_dir_may_be_outside(esb: Esb, project: Path) -> None:
    (project / "infra").mkdir()
    (project / "template.yaml").rename(project / "infra/template.yaml")
    samconfig = project / "samconfig.toml"
    samconfig.write_text(
        'version = 0.1\n[default.build.parameters]\ntemplate_file="infra/template.yaml"\nbase_dir="."\n'
    )
    assert esb("validate", "--strict").err == ""

    (project / "sub").mkdir()
    samconfig.rename(project / "sub/samconfig.toml")
    (project / "sub/samconfig.toml").write_text(
        'version = 0.1\n[default.build.parameters]\ntemplate_file="../infra/template.yaml"\nbase_dir=".."\n'
    )
    result = esb_at(project / "sub", ["validate"], {})
    assert (result.code, result.err.count("\n")) == (0, 1)
    assert "OrdersFunction: the code " in result.err
    assert " is outside the project (the folders of the template and of samconfig)" in result.err


@pytest.mark.parametrize("size", ["0", "-1", "1.5", "250MB", "9999999"])
def test_a_size_that_is_none_is_wrong_usage(esb: Esb, size: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert esb("build", "--max-code-size", size).code == 2
    assert "--max-code-size" in capsys.readouterr().err


def test_the_size_of_code_has_a_limit_that_can_be_raised(esb: Esb, project: Path) -> None:
    (project / "src/data").write_bytes(bytes(2 * 1024 * 1024))

    refused = esb("build", "--max-code-size", "1")
    assert refused.code == 1
    assert "src holds 3 MB unzipped, more than 1 MB" in refused.err
    assert not (project / ".esb").exists()
    assert esb("build", "--max-code-size", "3").code == 0


def test_what_sam_build_wrote_has_the_name_of_the_project(esb: Esb, project: Path) -> None:
    shutil.copytree(project, project / ".aws-sam/build")

    assert esb("build", "-t", ".aws-sam/build/template.yaml", "--json").document["stack"]["name"] == "shop"


def test_samconfig_and_local_values_lie_beside_the_folder_of_sam_build(project: Path) -> None:
    shutil.copytree(project, project / ".aws-sam/build")
    (project / "samconfig.toml").write_text('[default.global.parameters]\nstack_name = "there"\n')

    found = esb_at(project.parent, ["validate", "-t", "shop/.aws-sam/build/template.yaml", "--json"], {})

    assert found.document["stack"]["name"] == "there"


def test_paths_in_a_nested_template_are_relative_to_the_file_that_a_link_leads_to(esb: Esb, project: Path) -> None:
    common = project / "common"
    (common / "code").mkdir(parents=True)
    (common / "code/app.py").write_text("def handler(event, context): ...\n")
    (common / "template.yaml").write_text(TEMPLATE.replace("CodeUri: src", "CodeUri: code"))
    (project / "parts").mkdir()
    (project / "parts/nested.yaml").symlink_to("../common/template.yaml")
    (project / "template.yaml").write_text(
        "Resources: {Part: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: parts/nested.yaml}}}\n"
    )

    result = esb("build", "--json")

    assert (result.code, result.document["functions"]) == (0, ["Part-OrdersFunction"])


def test_a_parameter_that_only_samconfig_has_is_a_warning_there(esb: Esb, project: Path) -> None:
    (project / "samconfig.toml").write_text('[default.deploy.parameters]\nparameter_overrides = "Stge=prod"\n')
    warning = "samconfig.toml:2:24: {}: the template has no parameter Stge: its value is not used\n"

    assert esb("validate").err == warning.format("warning")
    assert esb("validate", "--strict").err.startswith(warning.format("error"))
    assert "the template has no parameter Stge\n" in esb("validate", "--parameter-overrides", "Stge=prod").err


def test_what_changes_nothing_here_is_one_line(esb: Esb, project: Path) -> None:
    more = """
  Role: {Type: AWS::IAM::Role}
  One: {Type: AWS::IAM::Policy}
  Two: {Type: AWS::SQS::QueuePolicy}
  Key: {Type: AWS::KMS::Key}
  Alarm: {Type: AWS::CloudWatch::Alarm}
"""
    (project / "template.yaml").write_text(TEMPLATE + more)
    line = "  passed over: 1 KMS key, 2 policies, 1 role; permissions are not checked here"

    assert line in esb("build").out.splitlines()
    assert line in esb("validate", "--report").out.splitlines()
    assert esb("validate", "--json").document["passed_over"] == {"KMS key": 1, "policy": 2, "role": 1}
    assert esb("validate", "--strict").code == 0
