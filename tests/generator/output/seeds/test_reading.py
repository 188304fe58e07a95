"""Seed data: from Metadata to the files of the output, and what is refused or warned about."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from tests.generator.conftest import Esb, tree

TEMPLATE = """
Resources:
  Orders:
    Type: AWS::DynamoDB::Table
    Metadata: {Esb: {Seed: SEED}}
    Properties:
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      BillingMode: PAY_PER_REQUEST
  Media:
    Type: AWS::S3::Bucket
    Metadata: {Esb: {Seed: seeds/media}}
"""


@pytest.fixture(autouse=True)
def seeds(project: Path) -> None:
    (project / "template.yaml").write_text(TEMPLATE.replace("SEED", "seeds/orders"))
    (project / "seeds/orders").mkdir(parents=True)
    (project / "seeds/orders/b.json").write_text('[{"id": "2"}, {"id": "3"}]')
    (project / "seeds/orders/a.jsonl").write_text('{"id": "1", "b": {"x": "ä"}}\n')
    (project / "seeds/media/images").mkdir(parents=True)
    (project / "seeds/media/images/logo.png").write_bytes(b"\x89PNG")
    (project / "seeds/media/index.html").write_text("<html>")


def test_files_lie_beside_resources_yml_which_names_them(esb: Esb, project: Path) -> None:
    assert esb("build", "--strict").code == 0
    resources = yaml.safe_load((project / ".esb/config/resources.yml").read_text())
    assert resources["DynamoDB"][0]["Seed"] == {"Path": "seeds/tables/Orders.jsonl", "Records": 3}
    assert resources["S3"][0]["Seed"] == {"Path": "seeds/buckets/shop-media", "Records": 2}
    assert tree(project / ".esb/config/seeds") == {
        "tables/Orders.jsonl": (
            '{"b":{"M":{"x":{"S":"ä"}}},"id":{"S":"1"}}\n{"id":{"S":"2"}}\n{"id":{"S":"3"}}\n'.encode()
        ),
        "buckets/shop-media/images/logo.png": b"\x89PNG",
        "buckets/shop-media/index.html": b"<html>",
    }


def test_a_seed_that_is_taken_out_is_removed(esb: Esb, project: Path) -> None:
    assert esb("build").code == 0
    (project / "template.yaml").write_text("Resources: {Media: {Type: 'AWS::S3::Bucket'}}\n")
    assert esb("build").code == 0
    assert not (project / ".esb/config/seeds").exists()


def test_one_file_is_an_object(esb: Esb, project: Path) -> None:
    text = TEMPLATE.replace("SEED", "seeds/orders").replace("seeds/media", "seeds/media/index.html")
    (project / "template.yaml").write_text(text)
    assert esb("build", "--strict").code == 0
    assert [*tree(project / ".esb/config/seeds/buckets")] == ["shop-media/index.html"]


@pytest.mark.parametrize(
    ("seed", "sentence"),
    [
        ("seeds/none", "Orders: Seed: the folder seeds/none does not exist"),
        ("/", "is the root of the file system"),
        ("seeds/media", "seeds/media/images/logo.png is neither .json, .jsonl or .ndjson"),
        ("seeds/pipe", "seeds/pipe is a FIFO, which a build never opens"),
        ("seeds/twice.json", 'seeds/twice.json:2 has the key id "1", as has seeds/twice.json:1'),
        ("seeds/half.json", "seeds/half.json:1 has text that is not Unicode"),
        ("seeds/large.json", "holds 17 MB unzipped, more than 16 MB"),
        ("[a]", "Orders: Metadata.Esb.Seed must be text"),
    ],
)
def test_a_seed_that_cannot_be_used_is_an_error(esb: Esb, project: Path, seed: str, sentence: str) -> None:
    os.mkfifo(project / "seeds/pipe")
    (project / "seeds/twice.json").write_text('{"id": "1"}\n{"id": "1"}\n')
    (project / "seeds/half.json").write_text('{"id": "\\ud800"}\n')
    with (project / "seeds/large.json").open("wb") as file:
        file.truncate(17 * 1024 * 1024)
    (project / "template.yaml").write_text(TEMPLATE.replace("SEED", seed))
    done = esb("build")
    assert done.code == 1
    assert sentence in done.err.replace(f"{project}/", "")
    assert not (project / ".esb").exists()


def test_keys_that_are_the_same_number_are_the_same(esb: Esb, project: Path) -> None:
    (project / "seeds/twice.json").write_text('[{"id": 1}, {"id": 1.0}]')
    text = TEMPLATE.replace("SEED", "seeds/twice.json").replace("AttributeType: S", "AttributeType: N")
    (project / "template.yaml").write_text(text)
    assert 'twice.json, item 2, has the key id "1.0", as has' in esb("build").err


def test_a_bucket_has_at_least_one_object(esb: Esb, project: Path) -> None:
    """An output has no empty folders, so the provisioner would not find this one."""
    (project / "seeds/media/images/logo.png").unlink()
    (project / "seeds/media/index.html").unlink()
    assert "Media: Seed: seeds/media has no file; name another folder" in esb("build").err.replace(f"{project}/", "")


def test_a_key_of_esb_that_a_type_does_not_have_is_an_error(esb: Esb, project: Path) -> None:
    (project / "template.yaml").write_text(
        "Resources: {Jobs: {Type: 'AWS::SQS::Queue', Metadata: {Esb: {Seed: seeds/orders}}}}\n"
    )
    done = esb("build")
    assert done.code == 1
    assert "Jobs: Metadata.Esb has no property Seed" in done.err


def test_seeds_outside_the_project_and_files_of_credentials_are_warned_of(
    esb: Esb, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere.json").write_text('{"id": "1"}\n')
    (project / "template.yaml").write_text(TEMPLATE.replace("SEED", "../elsewhere.json"))
    (project / "seeds/media/link.txt").symlink_to(tmp_path / "elsewhere.json")
    (project / "seeds/media/.env").write_text("PASSWORD=x")
    done = esb("build")
    assert done.code == 0
    assert "Orders: the seed data ../elsewhere.json is outside the project" in done.err
    assert "Media: the link seeds/media/link.txt leads to" in done.err
    assert "Media: seeds/media/.env is left out: a file of credentials is no seed data" in done.err
    assert "shop-media/.env" not in tree(project / ".esb/config/seeds/buckets")
    assert esb("build", "--strict").code == 1


def test_the_seed_of_a_nested_template_is_relative_to_it(esb: Esb, project: Path) -> None:
    (project / "template.yaml").write_text(
        "Resources: {Data: {Type: 'AWS::Serverless::Application', Properties: {Location: data/template.yaml}}}\n"
    )
    (project / "data").mkdir()
    (project / "data/template.yaml").write_text(TEMPLATE.replace("SEED", "orders.json"))
    (project / "data/orders.json").write_text('{"id": "1"}\n')
    (project / "data/seeds").symlink_to(project / "seeds")
    done = esb("build")
    assert done.code == 0, done.err
    assert any(path.endswith("Orders.jsonl") for path in tree(project / ".esb/config/seeds/tables"))


def test_a_swarm_loads_none_and_says_so_in_its_file(esb: Esb, project: Path) -> None:
    assert esb("build").code == 0
    assert 'ESB_SEEDS: "off"' in (project / ".esb/docker-stack.yml").read_text()
    assert "ESB_SEEDS" not in (project / ".esb/docker-compose.services.yml").read_text()
