"""Creates an HTTP API with one function through AWS's API: `ministack_api.py URL HANDLER_CODE` prints its host name."""

import io
import sys
import zipfile
from typing import Any

import boto3


def client(service: str) -> Any:
    keys = {"aws_access_key_id": "bench", "aws_secret_access_key": "bench"}
    return boto3.client(service, "us-east-1", endpoint_url=sys.argv[1], **keys)


code = io.BytesIO()
with zipfile.ZipFile(code, "w") as archive:
    archive.writestr("app.py", sys.argv[2])
function = client("lambda").create_function(
    FunctionName="hello",
    Runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
    Role="arn:aws:iam::000000000000:role/bench",
    Handler="app.handler",
    Code={"ZipFile": code.getvalue()},
)
apis = client("apigatewayv2")
api = apis.create_api(Name="bench", ProtocolType="HTTP")["ApiId"]
integration = apis.create_integration(
    ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=function["FunctionArn"], PayloadFormatVersion="2.0"
)
apis.create_route(ApiId=api, RouteKey="GET /hello", Target=f"integrations/{integration['IntegrationId']}")
apis.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
sys.stdout.write(f"{api}.execute-api.localhost")
