"""Files of an older or a newer ESB are recognised, and the sentence says what to run."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from esb_schemas import contract
from esb_schemas.documents.contract_version import GENERATED, OTHER_BUILD, VERSION
from esb_schemas.documents.kinds import KINDS, Kind
from esb_schemas.errors import ContractError
from esb_schemas.json_schema.catalogue import schema
from esb_schemas.validation.loading import load

HERE = Path(__file__).parent


@pytest.mark.parametrize("kind", KINDS)
def test_the_schemas_have_the_version_of_the_contract(kind: Kind) -> None:
    assert schema(kind)["properties"]["Version"]["const"] == VERSION


def test_what_is_written_has_the_version() -> None:
    written = (
        contract.dump_functions(contract.Functions(contract.Stack())),
        contract.dump_routing(contract.Routing()),
        contract.dump_resources({}),
    )
    assert [document["Version"] for document in written] == [VERSION] * 3


@pytest.mark.parametrize("kind", KINDS)
def test_files_of_this_version_are_read_whatever_was_added_since(kind: Kind) -> None:
    """If this fails, raise VERSION, and put copies of valid/ into a folder version-<VERSION>."""
    load(kind, HERE / f"version-{VERSION}/{kind}.yml")


@pytest.mark.parametrize(
    ("version", "said"),
    [
        (VERSION - 1, rf"older ESB, this one reads version {VERSION}; run `esb build` again$"),
        (VERSION + 1, r"newer ESB, .*; install the newer ESB, or run `esb build`.* in a stack, `docker compose up -d`"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_another_version_is_recognised_before_its_keys_are(kind: Kind, version: int, said: str, tmp_path: Path) -> None:
    path = tmp_path / f"{kind}.yml"
    path.write_text(GENERATED + yaml.safe_dump({"Version": version, "of_another_time": {}}))

    with pytest.raises(ContractError, match=rf"{kind}\.yml: Version: version {version} was made by an? {said}"):
        load(kind, path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_a_build_that_is_invalid_names_the_other_build(kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / f"{kind}.yml"
    document = yaml.safe_load((HERE.parent / f"valid/{kind}.yml").read_text())
    text = yaml.safe_dump({**document, "of_another_time": {}})

    path.write_text(GENERATED + text)
    with pytest.raises(ContractError) as of_a_build:
        load(kind, path)
    path.write_text(text)
    with pytest.raises(ContractError) as by_hand:
        load(kind, path)

    assert str(of_a_build.value) == str(by_hand.value) + OTHER_BUILD
