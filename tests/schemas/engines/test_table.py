"""The table of engines: every row whole, and no two engines with the same data."""

from __future__ import annotations

import re

import pytest

from esb_schemas.backends import BACKENDS
from esb_schemas.engines.capabilities import CAPABILITIES, is_needed, lacks
from esb_schemas.engines.engine import Engine
from esb_schemas.engines.table import ENGINES, choose, engines, option
from esb_schemas.sections import SECTIONS

EVERY_ENGINE = pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)


def test_every_backing_service_has_an_engine() -> None:
    assert [engine.service for engine in choose()] == [row.service for row in BACKENDS if not row.own]


def test_different_engines_never_share_a_volume() -> None:
    assert len({engine.volume for engine in ENGINES}) == len(ENGINES)


@EVERY_ENGINE
def test_an_image_is_pinned_by_an_exact_version(engine: Engine) -> None:
    assert re.search(r":[^:]*\d+[.-]\d+[^:]*$", engine.image)


def test_an_image_is_pinned_by_its_digest_too_if_that_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    known, unknown = ENGINES[0], ENGINES[1]
    monkeypatch.setattr("esb_schemas.engines.engine._DIGESTS", {known.image: "sha256:ab"})
    assert known.pinned_image == f"{known.image}@sha256:ab"
    assert unknown.pinned_image == unknown.image


@EVERY_ENGINE
def test_capabilities_are_those_of_the_table(engine: Engine) -> None:
    known = {each.name for each in CAPABILITIES if each.service == engine.service}

    assert engine.capabilities <= known
    assert set(engine.added_by_esb) <= known - engine.capabilities
    assert {each.name for each in lacks(engine)} == known - engine.capabilities - set(engine.added_by_esb)


# What the official images have, by their Dockerfiles; the images of the lab are made on Debian and have more.
PROGRAMS = {
    "amazon/dynamodb-local": {"bash"},  # Amazon Linux
    "chrislusf/seaweedfs": {"sh", "wget", "curl", "/usr/bin/weed"},  # Alpine
    "ghcr.io/nubo-db/dynoxide": {"/usr/local/bin/dynoxide"},  # FROM scratch
    "rustfs/rustfs": {"sh", "curl"},  # Alpine, with coreutils; /entrypoint.sh
    "scylladb/scylla": {"bash"},
    "victoriametrics/victoria-logs": {"sh", "wget"},  # Alpine
}


@EVERY_ENGINE
def test_nothing_needs_a_program_or_a_user_that_the_official_image_lacks(engine: Engine) -> None:
    programs = PROGRAMS[engine.image.partition(":")[0]]

    assert engine.health.test[0] == "CMD"  # CMD-SHELL needs a shell
    assert engine.health.test[1] in programs
    assert set(engine.entrypoint[:1]) <= programs
    assert engine.user is None or engine.user == "root" or re.fullmatch(r"\d+(:\d+)?", engine.user)


@EVERY_ENGINE
def test_no_reader_ends_the_shell_of_seaweedfs_before_it_has_stored_a_setting(engine: Engine) -> None:
    """`grep -q` ends at the first line that it looks for, and what writes to it then is ended by SIGPIPE."""
    script = "\n".join((*engine.entrypoint, *engine.command))
    assert not re.search(r"in_shell [^;]*grep -q", script)


@EVERY_ENGINE
def test_no_secret_is_on_a_command_line(engine: Engine) -> None:
    assert not any("${" in argument for argument in (*engine.entrypoint, *engine.command))


def test_a_default_is_an_engine_that_the_tests_run_or_has_an_option() -> None:
    for service in ("dynamodb", "s3"):
        assert option(service)
        assert len(engines(service)) > 1
    assert option("logs") is None
    assert len(engines("logs")) == 1
    with pytest.raises(KeyError):
        choose(dynamodb="mysql")


def test_a_capability_is_needed_if_an_entry_asks_for_it() -> None:
    streams, tags = (next(each for each in CAPABILITIES if each.name == name) for name in ("streams", "tags"))

    assert is_needed(streams, {"StreamSpecification": {"StreamEnabled": True}})
    assert not is_needed(streams, {"StreamSpecification": {"StreamEnabled": False}})
    assert not is_needed(streams, {})
    assert is_needed(tags, {"Tags": [{"Key": "a", "Value": "b"}]})
    assert not is_needed(tags, {"Tags": []})


def test_what_needs_a_capability_is_a_key_of_the_section() -> None:
    keys = {section.service: section.schema_file.read_text() for section in SECTIONS.values()}

    for each in CAPABILITIES:
        assert all(f'"{key}"' in keys[each.service] for key in (each.needed_by or ())[:1])
