"""Layers that lie in another account: one notice each, with what to do instead."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from esb_generator.expand import Expansion

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
        f"F0: the layer {ARN}:Own:3 is left out, also of F1, F2, F3 and 4 more, its content is not here; if "
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
            "it is an extension, which the stack does not run; let a handler call the application, as mangum (Python)"
            " and serverless-http (Node.js) do",
        ),
        ("LambdaInsightsExtension-Arm64", "it only collects metrics; the function runs without it"),
    ],
)
def test_a_layer_that_aws_publishes_says_what_to_add(read: Read, name: str, fix: str) -> None:
    (notice,) = notices(read, 1, f"{ARN}:{name}:7")

    assert notice.endswith(f"if needed, {fix}")
