"""Layers that lie in another account: one notice each, with what to do instead."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from esb_generator.expand import Expansion
from esb_generator.model import WebAdapter
from esb_generator.services.lambda_.layers import WEB_ADAPTER

Read = Callable[..., Expansion]
ARN = "arn:aws:lambda:us-east-1:017000801446:layer"
FUNCTION = """
F{index}:
  Type: AWS::Serverless::Function
  Properties: {{Runtime: python3.12, Handler: app.handler, Layers: ["{layer}"]}}
"""


def notices(read: Read, count: int, layer: str) -> list[str]:
    functions = (FUNCTION.format(index=index, layer=layer) for index in range(count))
    return [f"{notice.logical_id}: {notice.text}" for notice in read("".join(functions)).notices]


def test_a_layer_of_eight_functions_is_one_notice(read: Read) -> None:
    assert notices(read, 8, f"{ARN}:Own:3") == [
        f"F0: the layer {ARN}:Own:3 is left out, also of F1, F2, F3 and 4 more: its content is not in the project; if "
        "needed, put its content into a folder and add an AWS::Serverless::LayerVersion"
    ]


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("AWSLambdaPowertoolsPythonV3-python312-x86_64", "add aws-lambda-powertools to requirements.txt"),
        ("AWSLambdaPowertoolsTypeScriptV2", "add the @aws-lambda-powertools packages that it imports to package.json"),
        ("AWSSDKPandas-Python312", "add awswrangler to requirements.txt"),
        (
            "LambdaAdapterLayerX86",
            "set ESB_WEB_ADAPTER to the Lambda Web Adapter's program or image, and build again, or let a handler call"
            " the application, as mangum (Python) and serverless-http (Node.js) do",
        ),
        ("LambdaInsightsExtension-Arm64", "it only collects metrics; the function runs without it"),
    ],
)
def test_a_layer_that_aws_publishes_says_what_to_add(read: Read, name: str, fix: str) -> None:
    (notice,) = notices(read, 1, f"{ARN}:{name}:7")

    assert notice.endswith(f"if needed, {fix}")


def test_the_web_adapter_takes_the_place_of_its_layer(read: Read) -> None:
    adapter = WebAdapter(program="/opt/lambda-adapter")
    layers = (f"{ARN}:{name}:7" for name in ("LambdaAdapterLayerX86", "LambdaAdapterLayerArm64", "Own"))
    template = "".join(FUNCTION.format(index=index, layer=layer) for index, layer in enumerate(layers))
    found = read(template, web_adapter=adapter)

    assert [function.layers for function in found.application.functions] == [(WEB_ADAPTER,), (WEB_ADAPTER,), ()]
    assert [(layer.logical_id, layer.content) for layer in found.application.layers] == [(WEB_ADAPTER, adapter)]
    assert [notice.logical_id for notice in found.notices] == ["F2"]


def test_without_a_function_that_has_it_there_is_no_web_adapter(read: Read) -> None:
    found = read(FUNCTION.format(index=0, layer=f"{ARN}:Own:7"), web_adapter=WebAdapter(image="adapter:1"))

    assert found.application.layers == ()
