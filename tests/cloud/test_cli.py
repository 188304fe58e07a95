"""The command: what it refuses, and how it ends."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from esb_cloud.cli import main, parser
from esb_cloud.errors import ConfigurationError
from esb_cloud.settings import read_settings
from tests.cloud.cloud_process import CREDENTIALS, Spawn
from tests.cloud.running_cloud import RunningCloud, Start


def test_credentials_are_needed_unless_auth_is_off(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve"], {}) == 1
    assert "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are needed" in capsys.readouterr().err
    assert read_settings({"ESB_AUTH": "off"}, {}).auth is False
    assert read_settings(CREDENTIALS, {"port": 1}).port == 1


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], {}) == 2
    assert capsys.readouterr().err == parser().format_help()


@pytest.mark.parametrize("command", ["event", "completion"])
def test_a_command_whose_first_word_is_missing_shows_its_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command])
    assert ended.value.code == 2
    shown = capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert shown == capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "value"), [("ESB_AUTH", "no"), ("ESB_DRAIN_SECONDS", "x"), ("ESB_DRAIN_SECONDS", "-1")]
)
def test_an_invalid_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name}={value}"):
        read_settings({**CREDENTIALS, name: value}, {})


@pytest.mark.parametrize(
    ("option", "value", "text"),
    [
        ("--port", "65536", "is not a port"),
        ("--max-size", "15M", "not a size of at least 16M"),
        ("--max-size", "1 GB", "not a size of at least 16M"),
    ],
)
def test_an_invalid_option_is_named(option: str, value: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["serve", option, value], CREDENTIALS)
    assert caught.value.code == 2
    assert text in capsys.readouterr().err


@pytest.mark.server
def test_a_damaged_file_ends_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "cloud.sqlite3"
    data.write_bytes(b"no database" * 1000)
    assert main(["serve", "--port", "0", "--data", str(data)], CREDENTIALS) == 1
    assert f"esb-cloud: {data}: is damaged" in capsys.readouterr().err


@pytest.mark.server
def test_it_prints_its_url_and_ends_at_term(tmp_path: Path, spawn: Spawn) -> None:
    cloud = spawn(tmp_path / "below" / "cloud.sqlite3")
    assert (tmp_path / "below" / "cloud.sqlite3").stat().st_mode & 0o777 == 0o600
    assert cloud.terminate() == 0


@pytest.mark.server
def test_health_says_what_is_served(cloud: RunningCloud) -> None:
    with urllib.request.urlopen(f"{cloud.url}/health", timeout=10) as answer:
        assert json.load(answer)["status"] == "ok"


@pytest.mark.server
def test_metrics_have_requests_and_depths(cloud: RunningCloud, name: str) -> None:
    cloud.client().create_queue(QueueName=name)
    with urllib.request.urlopen(f"{cloud.url}/_esb/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    assert f'esb_queue_messages{{queue="{name}",state="visible"}} 0.0' in lines
    assert any(line.startswith("esb_cloud_requests_total{") and 'operation="CreateQueue"' in line for line in lines)


@pytest.mark.server
@pytest.mark.parametrize(
    ("path", "status"), [("/_esb/queues", 403), ("/_esb/queues/a/wait", 403), ("/other", 400), ("/?Action=No", 400)]
)
def test_everything_else_wants_a_signature_or_is_none_of_ours(cloud: RunningCloud, path: str, status: int) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(cloud.url + path, timeout=10)
    assert caught.value.code == status
    caught.value.close()


RESOURCES = """
SQS:
  - QueueName: orders
    Attributes:
      VisibilityTimeout: "60"
      RedrivePolicy: '{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead", "maxReceiveCount": 3}'
    tags: {team: shop}
  - QueueName: dead
"""


@pytest.mark.server
def test_queues_of_a_file_are_made_and_changed(tmp_path: Path, start: Start) -> None:
    file, data = tmp_path / "resources.yml", tmp_path / "cloud.sqlite3"
    file.write_text(RESOURCES, encoding="utf-8")
    cloud = start(data, resources=file)
    sqs = cloud.client()
    url = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "shop"}
    assert len(sqs.list_dead_letter_source_queues(QueueUrl="dead")["queueUrls"]) == 1
    sqs.send_message(QueueUrl=url, MessageBody="kept")
    cloud.stop()
    file.write_text(RESOURCES.replace('"60"', '"90"'), encoding="utf-8")
    again = start(data, resources=file).client()
    shown = again.get_queue_attributes(QueueUrl="orders", AttributeNames=["All"])["Attributes"]
    assert (shown["VisibilityTimeout"], shown["ApproximateNumberOfMessages"]) == ("90", "1")


@pytest.mark.server
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SQS: [{Name: a}]\n", "QueueName"),
        ("SQS: [{QueueName: a, Attributes: {VisibilityTimeout: '99999'}}]\n", "VisibilityTimeout"),
        (RESOURCES.replace("- QueueName: dead", "- QueueName: other"), "RedrivePolicy"),
    ],
)
def test_a_file_that_cannot_be_used_ends_in_a_sentence(
    tmp_path: Path, text: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "resources.yml"
    file.write_text(text, encoding="utf-8")
    assert main(["serve", "--port", "0", "--resources", str(file)], CREDENTIALS) == 1
    message = capsys.readouterr().err
    assert str(file) in message
    assert expected in message
