"""A job that runs every minute, and writes a report into a bucket."""

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
  ReportFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/report
      Handler: app.handler
      Environment:
        Variables:
          REPORTS_BUCKET: !Ref ReportsBucket
      Policies:
        - S3CrudPolicy: {BucketName: !Ref ReportsBucket}
      Events:
        EveryMinute:
          Type: ScheduleV2
          Properties:
            ScheduleExpression: rate(1 minute)

  ReportsBucket:
    Type: AWS::S3::Bucket
"""

_PYTHON: Final = '''\
"""Writes a report of the moment."""

import json
import os
from datetime import datetime, timezone

import boto3

storage = boto3.client("s3")


def handler(event, context):
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    report = {"time": now, "request": context.aws_request_id}
    storage.put_object(Bucket=os.environ["REPORTS_BUCKET"], Key=f"{now}.json", Body=json.dumps(report))
    print(f"wrote {now}.json")
    return report
'''

_NODE: Final = """\
// Writes a report of the moment.
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";

const storage = new S3Client();

export const handler = async (event, context) => {
  const now = new Date().toISOString();
  const report = { time: now, request: context.awsRequestId };
  const body = JSON.stringify(report);
  await storage.send(new PutObjectCommand({ Bucket: process.env.REPORTS_BUCKET, Key: `${now}.json`, Body: body }));
  console.log(`wrote ${now}.json`);
  return report;
};
"""

_TESTS: Final = """\
def test_a_report_is_written(esb):
    report = esb.invoke("ReportFunction")
    (bucket,) = esb.resource("s3").buckets.all()
    assert [each.key for each in bucket.objects.all()] == [f"{report['time']}.json"]
"""

SCHEDULE: Final = Sample(
    name="schedule",
    template=_TEMPLATE,
    code={"python": {"src/report/app.py": _PYTHON}, "node": {"src/report/app.mjs": _NODE}},
    tests=_TESTS,
    tries=("esb-gateway invoke ReportFunction", "esb-gateway schedules"),
)
