"""`esb init`: a small sample application."""

from __future__ import annotations

from pathlib import Path

from esb_generator.errors import BuildError
from esb_generator.output.rooted_files import Root

FILES = {
    "template.yaml": """\
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::Serverless-2016-10-31

Globals:
  Function:
    Runtime: python3.12
    Timeout: 10

Resources:
  HelloFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/hello
      Handler: app.handler
      Environment:
        Variables:
          VISITS_TABLE: !Ref VisitsTable
      Events:
        Hello:
          Type: HttpApi
          Properties: {Method: GET, Path: "/hello/{name}"}

  VisitsTable:
    Type: AWS::Serverless::SimpleTable
    Properties:
      PrimaryKey: {Name: name, Type: String}
""",
    "src/hello/app.py": '''\
"""Greets, and counts how often."""

import json
import os

import boto3

visits = boto3.resource("dynamodb").Table(os.environ["VISITS_TABLE"])


def handler(event, context):
    name = event["pathParameters"]["name"]
    updated = visits.update_item(
        Key={"name": name},
        UpdateExpression="ADD visits :one",
        ExpressionAttributeValues={":one": 1},
        ReturnValues="UPDATED_NEW",
    )
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"hello": name, "visits": int(updated["Attributes"]["visits"])}),
    }
''',
    ".gitignore": """\
# What esb makes, with its credentials
.esb/
# Credentials
.env*
esb.secrets.yml
secrets.env
# Environments of Python
.venv/
venv/
__pycache__/
""",
}


def create(folder: Path) -> list[Path]:
    """Write the sample's files and return their paths. Raises BuildError, before writing any, if one exists."""
    with Root(folder) as root:
        for name in FILES:
            if root.find(name) is not None:
                raise BuildError(f"{folder / name} exists; esb init needs a folder without an application")
        for name, text in FILES.items():
            root.create(name, text.encode())
    return [folder / name for name in FILES]
