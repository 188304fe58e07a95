"""Secrets that resources.yml refers to, and that the environment has."""

from __future__ import annotations

import pytest

from esb_schemas.agreements.connection_secrets import is_version, secret_version
from esb_schemas.documents.variables import MissingVariable, reference_to, variables_in, with_variables
from esb_schemas.sections.eventbridge_connections import secret_paths

VALUE = {"a": [{"b": "{{resolve:env:ONE}}"}, 5], "c": "{{resolve:env:TWO}} and more", "d": None}


def test_a_text_that_is_a_reference_becomes_the_value() -> None:
    assert with_variables(VALUE, {"ONE": "{{resolve:env:TWO}}"}) == {
        "a": [{"b": "{{resolve:env:TWO}}"}, 5],
        "c": "{{resolve:env:TWO}} and more",
        "d": None,
    }
    assert list(variables_in(VALUE)) == ["ONE"]
    assert with_variables(reference_to("ONE"), {"ONE": ""}) == ""


def test_a_variable_that_is_missing() -> None:
    with pytest.raises(MissingVariable) as caught:
        with_variables(VALUE, {})
    assert caught.value.args == ("ONE",)


def test_which_values_are_secret() -> None:
    parameters = {
        "ApiKeyAuthParameters": {"ApiKeyName": "n", "ApiKeyValue": "1"},
        "BasicAuthParameters": {"Username": "n", "Password": "2"},
        "OAuthParameters": {
            "ClientParameters": {"ClientID": "n", "ClientSecret": "3"},
            "OAuthHttpParameters": {"BodyParameters": [{"Key": "n", "Value": "4", "IsValueSecret": True}]},
        },
        "InvocationHttpParameters": {"HeaderParameters": [{"Key": "n", "Value": "n", "IsValueSecret": False}]},
    }
    assert list(secret_paths(parameters)) == [
        ("ApiKeyAuthParameters", "ApiKeyValue"),
        ("BasicAuthParameters", "Password"),
        ("OAuthParameters", "ClientParameters", "ClientSecret"),
        ("OAuthParameters", "OAuthHttpParameters", "BodyParameters", 0, "Value"),
    ]


def test_the_version_of_a_secret_depends_on_the_connection_and_its_parameters() -> None:
    versions = {secret_version(id_, {"a": value}) for id_ in ("1", "2") for value in ("x", "y")}
    assert len(versions) == 4
    assert all(is_version(version) for version in versions)
    assert secret_version("1", {"a": "x", "b": "y"}) == secret_version("1", {"b": "y", "a": "x"})
    assert not is_version("a1B2c3")
