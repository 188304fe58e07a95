"""A bucket whose uploads are processed: a function counts the words of each text and writes them into a table."""

from __future__ import annotations

from typing import Final

from esb_generator.starter.sample import Sample

_TEMPLATE: Final = """\
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::Serverless-2016-10-31

Globals:
  Function:
    Runtime: RUNTIME
    Timeout: 30

Resources:
  CountFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/count
      Handler: app.handler
      Environment:
        Variables:
          COUNTS_TABLE: !Ref CountsTable
      Policies:
        - DynamoDBCrudPolicy: {TableName: !Ref CountsTable}
        - AmazonS3ReadOnlyAccess
      Events:
        Uploaded:
          Type: S3
          Properties:
            Bucket: !Ref UploadsBucket
            Events: s3:ObjectCreated:*
            Filter:
              S3Key:
                Rules:
                  - {Name: suffix, Value: .txt}

  UploadsBucket:
    Type: AWS::S3::Bucket

  CountsTable:
    Type: AWS::Serverless::SimpleTable
    Properties:
      PrimaryKey: {Name: key, Type: String}
"""

_PYTHON: Final = '''\
"""Counts the words of uploaded texts."""

import os
from urllib.parse import unquote_plus

import boto3

storage = boto3.client("s3")
counts = boto3.resource("dynamodb").Table(os.environ["COUNTS_TABLE"])


def handler(event, context):
    for record in event["Records"]:
        bucket = record["s3"]["bucket"]["name"]
        key = unquote_plus(record["s3"]["object"]["key"])
        text = storage.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        counts.put_item(Item={"key": key, "words": len(text.split())})
        print(f"{key}: {len(text.split())} words")
'''

_NODE: Final = """\
// Counts the words of uploaded texts.
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";

const database = new DynamoDBClient();
const storage = new S3Client();

export const handler = async (event) => {
  for (const record of event.Records) {
    const key = decodeURIComponent(record.s3.object.key.replaceAll("+", " "));
    const found = await storage.send(new GetObjectCommand({ Bucket: record.s3.bucket.name, Key: key }));
    const words = (await found.Body.transformToString()).split(/\\s+/).filter(Boolean).length;
    const item = { key: { S: key }, words: { N: String(words) } };
    await database.send(new PutItemCommand({ TableName: process.env.COUNTS_TABLE, Item: item }));
    console.log(`${key}: ${words} words`);
  }
};
"""

_TESTS: Final = """\
def test_the_words_of_an_upload_are_counted(esb):
    (bucket,) = esb.resource("s3").buckets.all()
    bucket.put_object(Key="notes/first day.txt", Body=b"one two three")
    bucket.put_object(Key="picture.png", Body=b"one")
    esb.wait_until_delivered()
    (item,) = esb.resource("dynamodb").Table("CountsTable").scan()["Items"]
    assert (item["key"], item["words"]) == ("notes/first day.txt", 3)
"""

UPLOAD: Final = Sample(
    name="upload",
    template=_TEMPLATE,
    code={"python": {"src/count/app.py": _PYTHON}, "node": {"src/count/app.mjs": _NODE}},
    tests=_TESTS,
    tries=('eval "$(esb-gateway env)"', "aws s3 cp README.txt s3://BUCKET/README.txt"),
)
