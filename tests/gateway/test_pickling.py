"""What passes to other processes and back."""

from __future__ import annotations

import pickle
from types import MappingProxyType

import pytest

from esb_gateway.apis.api import Api
from esb_gateway.apis.api_types import REST, Failure
from esb_gateway.apis.responses import InvalidResponse, build_url_response
from esb_gateway.lambda_api.errors import LambdaApiError


def test_an_api_is_what_it_was() -> None:
    api = pickle.loads(pickle.dumps(Api("A", REST, stage_variables=MappingProxyType({"k": "v"}))))
    assert (api.type.failures, api.stage_variables) == (REST.failures, {"k": "v"})


def test_errors_are_what_they_were() -> None:
    payload = b'{"statusCode":200,"body":"x","isBase64Encoded":true}'
    with pytest.raises(InvalidResponse, match="not base64") as raised:
        build_url_response(payload, "application/json", Api("A"))
    assert pickle.loads(pickle.dumps(raised.value)).why is Failure.INVALID_BODY
    refused = pickle.loads(pickle.dumps(LambdaApiError("Code", 418, "why", "reason")))
    assert (refused.code, refused.status, str(refused), refused.reason) == ("Code", 418, "why", "reason")
