"""Which tokens are taken, and what is said of the others."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from functools import cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from esb_gateway.apis.auth.key_sets import InvalidKeySet, VerificationKey, read_key_set
from esb_gateway.apis.auth.signing_keys import signing_key
from esb_gateway.apis.auth.tokens import (
    InvalidToken,
    bearer,
    claim_texts,
    pool_claim_texts,
    read_unverified,
    scopes_of,
    verify,
)
from esb_gateway.apis.route_auth import Issuer, TokenAuthorizer
from esb_schemas.bounded_pattern import compile_pattern

NOW = 1_700_000_000.0
ISSUER = Issuer("https://id.example", issued_here=False)
JWT = TokenAuthorizer("Login", (ISSUER,), ("shop", "till"), ("$request.header.Authorization",), None, is_pool=False)
POOL = TokenAuthorizer("Pool", (ISSUER,), (), ("$request.header.Authorization",), None, is_pool=True)
CLAIMS = {"iss": ISSUER.url, "aud": "shop", "sub": "ada", "exp": NOW + 60, "iat": NOW - 60, "scope": "read write"}


@cache
def rsa_key(name: str = "ours") -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def ec_key(algorithm: str = "ES256") -> ec.EllipticCurvePrivateKey:
    curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
    return ec.generate_private_key(curves[algorithm])


def public_pem(name: str = "ours") -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return rsa_key(name).public_key().public_bytes(serialization.Encoding.PEM, form)


RSA = ("RS256", "RSA")


def known(kind: str = "RSA", algorithm: str | None = None) -> VerificationKey:
    """The public key that the issuer is known to have."""
    private: Any = rsa_key() if kind == "RSA" else ec_key(algorithm or "ES256")
    return VerificationKey("k", kind, algorithm, private.public_key())


def signed(claims: dict[str, Any] | None = None, algorithm: str = "RS256", key: Any = None, **header: Any) -> str:
    private = key or (rsa_key() if algorithm.startswith("RS") else ec_key(algorithm))
    return jwt.encode({**CLAIMS, **(claims or {})}, private, algorithm=algorithm, headers={"kid": "k", **header})


def made_by_hand(header: dict[str, Any], claims: dict[str, Any], secret: bytes | None = None) -> str:
    """What no library would make."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    text = b".".join(parts)
    signature = b"" if secret is None else hmac.digest(secret, text, hashlib.sha256)
    return (text + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def refusal(token: str, authorizer: TokenAuthorizer = JWT, key: VerificationKey | None = None, *scopes: str) -> str:
    with pytest.raises(InvalidToken) as refused:
        verify(token, key, authorizer, scopes, NOW)
    return str(refused.value)


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"])
def test_a_valid_token_gives_its_claims(algorithm: str) -> None:
    key = known("RSA") if algorithm.startswith("RS") else known("EC", algorithm)
    assert read_unverified(signed(algorithm=algorithm), JWT).issuer is ISSUER
    assert verify(signed(algorithm=algorithm), key, JWT, (), NOW)["sub"] == "ada"


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"exp": NOW}, "the token has expired"),
        ({"exp": NOW - 1}, "the token has expired"),
        ({"exp": None}, "the token does not say when it expires"),
        ({"exp": "soon"}, "the token does not say when it expires"),
        ({"exp": True}, "the token does not say when it expires"),
        ({"exp": float("inf")}, "the token does not say when it expires"),
        ({"nbf": NOW + 1}, "the token is not valid yet"),
        ({"iat": NOW + 1}, "the token is not valid yet"),
        ({"aud": "other"}, "the token does not have a valid audience"),
        ({"aud": []}, "the token does not have a valid audience"),
        ({"aud": None, "client_id": "shop"}, "the token does not have a valid audience"),
        ({"aud": "other", "client_id": "shop"}, "the token does not have a valid audience"),
        ({"iss": "https://id.example/"}, "the token does not have a valid issuer"),
    ],
)
def test_a_wrong_claim(claims: dict[str, Any], said: str) -> None:
    assert refusal(signed(claims), key=known()) == said


def test_an_issuer_is_one_text() -> None:
    token = made_by_hand({"alg": "RS256", "kid": "k"}, {**CLAIMS, "iss": [ISSUER.url]}, b"x")
    assert refusal(token, key=known()) == "the token does not have a valid issuer"


@pytest.mark.parametrize("claims", [{"aud": ["a", "till"]}, {"aud": "till"}])
def test_an_audience_is_enough(claims: dict[str, Any]) -> None:
    assert verify(signed(claims), known(), JWT, (), NOW)


def test_a_client_counts_where_there_is_no_audience() -> None:
    claims = {name: value for name, value in CLAIMS.items() if name != "aud"} | {"client_id": "till"}
    token = jwt.encode(claims, rsa_key(), algorithm="RS256", headers={"kid": "k"})
    assert verify(token, known(), JWT, (), NOW)["client_id"] == "till"


def test_a_forged_token() -> None:
    assert refusal(signed(key=rsa_key("theirs")), key=known()) == "the token's signature is not right"
    header, _, signature = signed().split(".")
    other = signed({"sub": "eve"}).split(".")[1]
    assert refusal(f"{header}.{other}.{signature}", key=known()) == "the token's signature is not right"
    assert refusal(f"{header}.{other}.", key=known()) == "the token's signature is not right"


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, 5])
def test_a_token_without_a_signature(algorithm: object) -> None:
    token = made_by_hand({"alg": algorithm, "kid": "k", "typ": "JWT"}, CLAIMS)
    assert "accepted algorithm" in refusal(token, key=known()) or "not a JSON Web Token" in refusal(token, key=known())


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_public_key_is_no_secret(algorithm: str) -> None:
    token = made_by_hand({"alg": algorithm, "kid": "k", "typ": "JWT"}, CLAIMS, public_pem())
    assert refusal(token, key=known()) == "the token is not signed with an accepted algorithm"


@pytest.mark.parametrize("algorithm", ["PS256", "EdDSA", "ES256K"])
def test_other_algorithms_are_refused(algorithm: str) -> None:
    token = made_by_hand({"alg": algorithm, "kid": "k"}, CLAIMS, b"x")
    assert refusal(token, key=known()) == "the token is not signed with an accepted algorithm"


def test_a_key_is_for_its_own_kind_and_algorithm() -> None:
    assert refusal(signed(algorithm="ES256"), key=known("RSA")) == "the key that signed the token is not known"
    assert refusal(signed(algorithm="RS512"), key=known("RSA", "RS256")) == "the key that signed the token is not known"
    assert refusal(signed(), key=None) == "the key that signed the token is not known"


@pytest.mark.parametrize(
    "token", ["", "a", "a.b.c", "Basic YWRhOmFkYQ==", "..", "e30.e30.", "\x00", "é.é.é", "[" * 5000]
)
def test_what_is_no_token(token: str) -> None:
    assert refusal(token, key=known()) in (
        "the token is not a JSON Web Token",
        "the token is not signed with an accepted algorithm",
    )


@given(st.data())
def test_a_token_that_is_changed_anywhere_is_refused(data: st.DataObject) -> None:
    token = signing_key("secret", ISSUER.url).sign(CLAIMS)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda character: character != token[at]))
    changed = token[:at] + other + token[at + 1 :]
    key = signing_key("secret", ISSUER.url).verification
    try:
        claims = verify(changed, key, JWT, (), NOW)
    except InvalidToken:
        return
    # The last character of a base64 text has bits that mean nothing.
    assert (at, claims) == (len(token) - 1, verify(token, key, JWT, (), NOW))


@given(st.text())
def test_any_text_is_refused(text: str) -> None:
    assert refusal(bearer(text), key=known())


@pytest.mark.parametrize("header", [{"kid": ""}, {"crit": ["b64"], "b64": True}])
def test_a_header_that_is_not_understood(header: dict[str, Any]) -> None:
    token = made_by_hand({"alg": "RS256", "kid": "k", **header}, CLAIMS, b"x")
    assert refusal(token, key=known()) in (
        "the token does not say which key signed it",
        "the token is not a JSON Web Token",
    )


def test_a_short_key_is_none() -> None:
    short = rsa.generate_private_key(65537, 1024)
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        token = jwt.encode(CLAIMS, short, algorithm="RS256", headers={"kid": "k"})
    assert refusal(token, key=VerificationKey("k", "RSA", None, short.public_key()))


@pytest.mark.parametrize(
    ("claims", "scopes", "fits"),
    [
        ({}, ("write", "other"), True),
        ({}, ("other",), False),
        ({"scope": "readwrite"}, ("read",), False),
        ({"scope": ""}, ("read",), False),
        ({"scope": None, "scp": ["read"]}, ("read",), False),
        ({"scope": ["read"]}, ("read",), True),
    ],
)
def test_a_token_needs_one_of_the_scopes(claims: dict[str, Any], scopes: tuple[str, ...], fits: bool) -> None:
    if fits:
        assert verify(signed(claims), known(), JWT, scopes, NOW)
    else:
        with pytest.raises(InvalidToken) as refused:
            verify(signed(claims), known(), JWT, scopes, NOW)
        assert refused.value.error == "insufficient_scope"


def test_scp_is_read_where_there_is_no_scope() -> None:
    assert scopes_of({"scp": "a b"}) == ("a", "b")
    assert scopes_of({"scp": ["a", 1]}) == ("a",)
    assert scopes_of({}) == ()


@pytest.mark.parametrize(
    ("use", "scopes", "fits"),
    [("id", (), True), ("access", (), False), ("access", ("read",), True), ("id", ("read",), False), (None, (), False)],
)
def test_a_pool_has_two_kinds_of_tokens(use: str | None, scopes: tuple[str, ...], fits: bool) -> None:
    token = signed({"token_use": use})
    if fits:
        assert verify(token, known(), POOL, scopes, NOW)
    else:
        assert refusal(token, POOL, known(), *scopes) == "the token is not of the kind that the method asks for"


def test_a_pools_audience_must_match_the_expression() -> None:
    pool = TokenAuthorizer("Pool", (ISSUER,), (), (), compile_pattern("[a-z]+"), is_pool=True)
    assert verify(signed({"token_use": "id"}), known(), pool, (), NOW)
    wrong = signed({"token_use": "id", "aud": "shop1"})
    assert refusal(wrong, pool, known()) == "the token does not have a valid audience"
    explodes = TokenAuthorizer("Pool", (ISSUER,), (), (), compile_pattern("(a|aa)+"), is_pool=True)
    wrong = signed({"token_use": "id", "aud": "a" * 60 + "b"})
    assert refusal(wrong, explodes, known()) == "the token does not have a valid audience"


@pytest.mark.parametrize(("value", "token"), [("Bearer a.b.c", "a.b.c"), ("bearer  x", "x"), (" x ", "x"), ("x", "x")])
def test_bearer_may_stand_before_a_token(value: str, token: str) -> None:
    assert bearer(value) == token


def test_claims_are_passed_on_as_texts() -> None:
    claims = {
        "sub": "ada",
        "nick": None,
        "exp": 5,
        "email_verified": True,
        "groups": ["a", "b"],
        "address": {"city": "x"},
    }
    assert claim_texts(claims) == {
        "sub": "ada",
        "exp": "5",
        "email_verified": "true",
        "groups": "[a b]",
        "address": '{"city":"x"}',
    }
    assert pool_claim_texts(claims) == {**claim_texts(claims), "groups": "a,b"}


# Key sets


def jwk(**more: Any) -> dict[str, Any]:
    return {**signing_key("secret", "https://id.example").jwk, **more}


def test_a_key_set_has_its_usable_keys() -> None:
    entries = [
        jwk(),
        jwk(kid="enc", use="enc"),
        jwk(kid="ps", alg="PS256"),
        jwk(kid="broken", x="AA"),
        {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"},
        {"kid": "nothing"},
        "text",
        jwk(kid=None),
    ]
    found = read_key_set(json.dumps({"keys": entries}))
    assert list(found) == [jwk()["kid"]]
    assert found[jwk()["kid"]].fits("ES256")
    assert not found[jwk()["kid"]].fits("ES384")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"keys": {}}', "\xff", "[" * 100_000])
def test_what_is_no_key_set(text: str) -> None:
    with pytest.raises(InvalidKeySet):
        read_key_set(text)


# What the stack signs itself


def test_a_key_follows_from_the_secret_and_the_issuer() -> None:
    key = signing_key("secret", ISSUER.url)
    token = key.sign(CLAIMS)
    assert jwt.get_unverified_header(token) == {"alg": "ES256", "typ": "JWT", "kid": key.id}
    assert verify(token, key.verification, JWT, (), NOW)["sub"] == "ada"
    assert verify(token, read_key_set(json.dumps({"keys": [key.jwk]}))[key.id], JWT, (), NOW)
    others = {signing_key("secret", "https://other.example").id, signing_key("other", ISSUER.url).id}
    assert len({key.id, *others}) == 3
    assert "secret" not in repr(key)


def test_an_empty_secret_makes_no_key() -> None:
    with pytest.raises(ValueError, match="empty secret"):
        signing_key("", ISSUER.url)
