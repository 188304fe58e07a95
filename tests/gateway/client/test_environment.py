"""The variables of `esb-gateway env`, without a gateway."""

from __future__ import annotations

import subprocess

import pytest

from esb_gateway.client.environment import SHELLS, published_variables
from esb_schemas.environment.cleared import CLEARED_VARIABLES
from esb_schemas.settings_files.site_settings import read_assignments

ODD = 'it\'s $HOME \\ "and" `so`'


def test_a_stack_on_compose_is_at_its_published_ports() -> None:
    assert published_variables("http://127.0.0.1:8080", {}, own=False) == {
        "AWS_ENDPOINT_URL": "http://not-in-this-stack:9002",  # what the stack lacks is not looked for at AWS
        "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:8000",
        "AWS_ENDPOINT_URL_DYNAMODB_STREAMS": "http://127.0.0.1:8000",
        "AWS_ENDPOINT_URL_LAMBDA": "http://127.0.0.1:8080",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9000",
        "DYNAMODB_ENDPOINT": "http://127.0.0.1:8000",
        "LAMBDA_ENDPOINT": "http://127.0.0.1:8080",
        "S3_ENDPOINT": "http://127.0.0.1:9000",
    }


def test_the_variables_of_compose_move_the_addresses() -> None:
    settings = {
        "ESB_DATABASE_PORT": "18000",
        "ESB_S3_URL": "https://s3.example:9000",
        "ESB_CLOUD_BIND": "::1",
        "ESB_LOGS_BIND": "0.0.0.0",
    }
    found = published_variables("http://box.example:8080", settings, own=True)
    assert found["DYNAMODB_ENDPOINT"] == "http://box.example:18000"
    assert found["AWS_ENDPOINT_URL_S3"] == "https://s3.example:9000"
    assert found["AWS_ENDPOINT_URL_SQS"] == found["AWS_ENDPOINT_URL_SNS"] == "http://[::1]:4566"
    assert found["AWS_ENDPOINT_URL_EVENTBRIDGE"] == "http://[::1]:4566"


def test_a_shell_gets_every_value_as_it_is() -> None:
    script = "\n".join([*SHELLS["sh"]({"ODD": ODD}), 'printf %s "$ODD${AWS_PROFILE-}"'])
    environment = {"AWS_PROFILE": "of-the-user", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["sh", "-euc", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == ODD


def test_fish_has_another_syntax() -> None:
    assert SHELLS["fish"]({"ODD": ODD}) == [
        *(f"set -e {name}" for name in CLEARED_VARIABLES),
        "set -gx ODD 'it\\'s $HOME \\\\ \"and\" `so`'",
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ESB_S3_PORT=9100", "9100"),
        (" export ESB_S3_PORT = 9100 # of the storage", "9100"),
        ("ESB_S3_PORT='9100' # of the storage", "9100"),
        ('ESB_S3_PORT="a # b"', "a # b"),
        ("#ESB_S3_PORT=9100", None),
        ("ESB_S3_PORT", None),
    ],
)
def test_a_line_of_an_env_file(text: str, value: str | None) -> None:
    assert read_assignments(f"OTHER=1\n{text}\n").get("ESB_S3_PORT") == value
