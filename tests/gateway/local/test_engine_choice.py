"""Which engines a run has, and that a folder of data keeps its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from esb_gateway.errors import ConfigurationError
from esb_gateway.local.engine_choice import FILE, EngineChoice, WantedEngines, engines_of
from esb_gateway.local.options import LocalOptions

BOTH = EngineChoice("dynoxide", "seaweedfs")


def test_without_options_it_is_moto() -> None:
    with engines_of(None, WantedEngines()) as choice:
        assert choice == EngineChoice("moto", "moto")
        assert choice.uses_moto


def test_a_new_folder_keeps_what_was_asked_for(tmp_path: Path) -> None:
    with engines_of(tmp_path / "data", WantedEngines("dynoxide", "seaweedfs")) as choice:
        assert choice == BOTH
        assert not choice.uses_moto
    with engines_of(tmp_path / "data", WantedEngines()) as choice:
        assert choice == BOTH
    with engines_of(tmp_path / "data", WantedEngines(database="dynoxide")) as choice:
        assert choice == BOTH


def test_data_of_another_engine_is_refused_with_the_way_to_move_it(tmp_path: Path) -> None:
    with engines_of(tmp_path, WantedEngines("dynoxide")):
        pass
    refused = (
        f"{tmp_path}: its tables are in files of dynoxide, which moto cannot read; leave --database out, or move them: "
        "esb-provision export FOLDER while this gateway runs without --database, then esb-provision import FOLDER "
        "while one runs with --database moto and another DIR."
    )
    with pytest.raises(ConfigurationError, match="its tables") as error, engines_of(tmp_path, WantedEngines("moto")):
        pass
    assert str(error.value) == refused


def test_data_from_before_there_was_a_choice_is_motos(tmp_path: Path) -> None:
    (tmp_path / "requests.jsonl").touch()
    wanted = WantedEngines(storage="seaweedfs")
    with pytest.raises(ConfigurationError, match="its objects are in files of moto"), engines_of(tmp_path, wanted):
        pass
    with engines_of(tmp_path, WantedEngines()) as choice:
        assert choice == EngineChoice()


def test_a_folder_is_for_one_gateway_at_a_time(tmp_path: Path) -> None:
    second = engines_of(tmp_path, WantedEngines())
    with engines_of(tmp_path, WantedEngines()), pytest.raises(ConfigurationError, match="another esb-gateway"), second:
        pass


@pytest.mark.parametrize("content", ["{", "[]", "[" * 50_000, '{"database": "oracle"}', '{"tables": "moto"}'])
def test_a_folder_of_unknown_engines_is_left_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    with (
        pytest.raises(ConfigurationError, match="does not name engines that this version"),
        engines_of(tmp_path, WantedEngines()),
    ):
        pass
    assert (tmp_path / FILE).read_text() == content


def test_a_link_in_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="it is a link"), engines_of(tmp_path, WantedEngines()):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_that_a_kill_left_empty_is_a_new_one(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    with engines_of(tmp_path, WantedEngines("dynoxide")):
        assert json.loads((tmp_path / FILE).read_text()) == {"database": "dynoxide", "storage": "moto"}


def test_the_command_of_advice_names_the_engines() -> None:
    options = LocalOptions(
        Path(".esb"), "127.0.0.1", 0, Path("data"), {}, engines=WantedEngines("dynoxide", "seaweedfs")
    )
    assert options.command == "esb-gateway local --data data --database dynoxide --storage seaweedfs"
