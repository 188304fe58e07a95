"""An HTTP API and a table."""

from __future__ import annotations

from typing import Final

from esb_generator.starter.sample import Sample

_TEMPLATE: Final = """\
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::Serverless-2016-10-31

Globals:
  Function:
    Runtime: RUNTIME
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
      Policies:
        - DynamoDBCrudPolicy: {TableName: !Ref VisitsTable}
      Events:
        Hello:
          Type: HttpApi
          Properties: {Method: GET, Path: "/hello/{name}"}

  VisitsTable:
    Type: AWS::Serverless::SimpleTable
    Properties:
      PrimaryKey: {Name: name, Type: String}
"""

_PYTHON: Final = '''\
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
'''

_NODE: Final = """\
// Greets, and counts how often.
import { DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";

const database = new DynamoDBClient();

export const handler = async (event) => {
  const name = event.pathParameters.name;
  const updated = await database.send(
    new UpdateItemCommand({
      TableName: process.env.VISITS_TABLE,
      Key: { name: { S: name } },
      UpdateExpression: "ADD visits :one",
      ExpressionAttributeValues: { ":one": { N: "1" } },
      ReturnValues: "UPDATED_NEW",
    }),
  );
  return {
    statusCode: 200,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ hello: name, visits: Number(updated.Attributes.visits.N) }),
  };
};
"""

_TESTS: Final = """\
def test_visits_are_counted(esb):
    assert [esb.http.get("/hello/ada").json()["visits"] for _ in range(2)] == [1, 2]
"""

API: Final = Sample(
    name="api",
    template=_TEMPLATE,
    code={"python": {"src/hello/app.py": _PYTHON}, "node": {"src/hello/app.mjs": _NODE}},
    tests=_TESTS,
    tries=("curl http://localhost:8080/hello/ada",),
)
