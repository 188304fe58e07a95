"""`esb-gateway local --env-vars --disable-authorizer --static`."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from esb_gateway.cli import main
from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.embedded.toolchain import find_toolchain
from esb_gateway.local.folder.overrides import with_overrides
from esb_gateway.local.folder.reading import read_folder
from esb_gateway.local.override_options import Overrides, check_loopback
from tests.gateway.local.local_gateway import LocalGateway
from tests.watching import until

GUARDED = """\
apis:
  Shop:
    type: HTTP
    authorizers: {Guard: {type: REQUEST, function: probe, identity_sources: [$request.header.Authorization]}}
routes:
- {path: /guarded, method: POST, function: echo, api: Shop, authorizer: Guard}
- {path: /echo, method: POST, function: echo, api: Shop}
"""
TOOLS = find_toolchain(None)


@pytest.fixture
def guarded(by_hand: Path) -> Path:
    (by_hand / "config/routing.yml").write_text(GUARDED)
    return by_hand


def test_authorizers_are_left_out_and_every_route_is_named(guarded: Path) -> None:
    folder = with_overrides(read_folder(guarded, TOOLS), Overrides(no_authorizers=True))
    assert [route.auth for route in folder.configuration.routes] == [None, None]
    assert folder.notes[-1] == (
        "--disable-authorizer: WARNING: POST /guarded: answered without their authorizer, whoever calls"
    )
    kept = with_overrides(read_folder(guarded, TOOLS), Overrides()).configuration.routes
    assert [route.auth is not None for route in kept] == [True, False]


def test_a_resource_policy_is_still_enforced(guarded: Path) -> None:
    policy = "type: REST\n    policy: [{effect: Deny, resources: ['execute-api:/*']}]"
    (guarded / "config/routing.yml").write_text(GUARDED.replace("type: HTTP", policy))
    routes = with_overrides(read_folder(guarded, TOOLS), Overrides(no_authorizers=True)).configuration.routes
    assert [route.auth and (route.auth.authorizer, route.api.policy is not None) for route in routes] == [
        (None, True),
        (None, True),
    ]


def test_an_api_key_is_still_needed(guarded: Path) -> None:
    keyed = GUARDED.replace("authorizer: Guard}", "authorizer: Guard, api_key_required: true}").replace("HTTP", "REST")
    (guarded / "config/routing.yml").write_text(keyed)
    route = with_overrides(read_folder(guarded, TOOLS), Overrides(no_authorizers=True)).configuration.routes[0]
    assert route.auth is not None
    assert (route.auth.authorizer, route.auth.key_required) == (None, True)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "::", "box.example"])
def test_a_host_that_others_reach_is_refused(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["local", "--disable-authorizer", "--host", host]) == 1
    assert f"--disable-authorizer: not with --host {host}" in capsys.readouterr().err
    for own in ("127.0.0.1", "127.0.0.2", "::1", "localhost"):
        check_loopback(own)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "this is not valid YAML"),
        ('{"A": 1}', "A: must be an object with variables"),
        (None, "env.json: the file does not exist; --env-vars names a JSON file."),
    ],
)
def test_a_file_of_variables_that_cannot_be_used(by_hand: Path, text: str | None, message: str) -> None:
    file = by_hand / "env.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        with_overrides(read_folder(by_hand, TOOLS), Overrides(env_vars=file))
    assert message in str(refused.value)
    assert "esb build" not in str(refused.value)


def test_usage(by_hand: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["local", str(by_hand), "--static", str(by_hand / "absent")]) == 1
    assert "--static names a folder of files to serve" in capsys.readouterr().err
    (by_hand / "public").symlink_to(by_hand.parent)
    assert main(["local", str(by_hand), "--static", str(by_hand / "public")]) == 1
    assert "public: is a link; name the folder that it leads to" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["invoke", "echo", "--env-vars", "env.json"])
    assert "--env-vars is for a gateway that is started for the call; add --local" in capsys.readouterr().err


@pytest.mark.server
def test_all_of_them_on_a_running_gateway(guarded: Path, tmp_path: Path, start: Callable[..., LocalGateway]) -> None:
    public, variables = tmp_path / "public", tmp_path / "env.json"
    public.mkdir()
    (public / "index.html").write_text("<p>home")
    variables.write_text('{"probe": {"OWN": "first"}, "absent": {}}')
    options = ("--static", str(public), "--env-vars", str(variables), "--disable-authorizer")
    gateway = start(guarded, *options).ready()
    url = gateway.addresses["ready"]

    assert gateway.call("POST", "/guarded", {"a": 1})[0] == 200
    assert gateway.invoke("probe")["environment"]["OWN"] == "first"
    with urllib.request.urlopen(url, timeout=20) as page:
        assert (page.read(), page.headers["Content-Type"]) == (b"<p>home", "text/html; charset=utf-8")
    assert gateway.call("POST", "/echo", 1)[0] == 200
    assert gateway.call("GET", "/absent")[0] == 404
    assert any("absent: there is no such function" in note for note in gateway.notes)
    assert any("--disable-authorizer: WARNING: POST /guarded" in note for note in gateway.notes)

    variables.write_text('{"Parameters": {"OWN": "second"}}')
    until(lambda: gateway.invoke("probe")["environment"]["OWN"] == "second")
