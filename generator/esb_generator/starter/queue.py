"""A queue and its worker: a route accepts jobs, a function processes them, failed ones go to a dead-letter queue."""

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
    CodeUri: src/jobs
    Environment:
      Variables:
        JOBS_QUEUE: !Ref JobsQueue
        RESULTS_TABLE: !Ref ResultsTable

Resources:
  AcceptFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.accept
      Policies:
        - SQSSendMessagePolicy: {QueueName: !GetAtt JobsQueue.QueueName}
      Events:
        Accept:
          Type: HttpApi
          Properties: {Method: POST, Path: /jobs}

  WorkFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.work
      Policies:
        - DynamoDBCrudPolicy: {TableName: !Ref ResultsTable}
      Events:
        Jobs:
          Type: SQS
          Properties:
            Queue: !GetAtt JobsQueue.Arn
            BatchSize: 10
            FunctionResponseTypes: [ReportBatchItemFailures]

  ShowFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.show
      Policies:
        - DynamoDBReadPolicy: {TableName: !Ref ResultsTable}
      Events:
        Show:
          Type: HttpApi
          Properties: {Method: GET, Path: "/results/{id}"}

  JobsQueue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 60
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt FailedJobsQueue.Arn
        maxReceiveCount: 3

  FailedJobsQueue:
    Type: AWS::SQS::Queue

  ResultsTable:
    Type: AWS::Serverless::SimpleTable
"""

_PYTHON: Final = '''\
"""Takes jobs, does them later, and shows the results. A job is a list of numbers, and its result their sum."""

import json
import os
import uuid

import boto3

queue = boto3.resource("sqs").Queue(os.environ["JOBS_QUEUE"])
results = boto3.resource("dynamodb").Table(os.environ["RESULTS_TABLE"])


def accept(event, context):
    id_ = str(uuid.uuid4())
    queue.send_message(MessageBody=json.dumps({"id": id_, "numbers": json.loads(event["body"])}))
    return {"statusCode": 202, "body": json.dumps({"id": id_})}


def work(event, context):
    failed = []
    for record in event["Records"]:
        try:
            job = json.loads(record["body"])
            results.put_item(Item={"id": job["id"], "sum": sum(job["numbers"])})
        except Exception as error:
            print(f"{record['messageId']}: {error!r}")
            failed.append({"itemIdentifier": record["messageId"]})  # it is received again, at most three times
    return {"batchItemFailures": failed}


def show(event, context):
    item = results.get_item(Key={"id": event["pathParameters"]["id"]}).get("Item")
    if item is None:
        return {"statusCode": 404, "body": json.dumps({"message": "there is no such result yet"})}
    return {"statusCode": 200, "body": json.dumps({"sum": int(item["sum"])})}
'''

_NODE: Final = """\
// Takes jobs, does them later, and shows the results. A job is a list of numbers, and its result their sum.
import { randomUUID } from "node:crypto";
import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";

const database = new DynamoDBClient();
const queues = new SQSClient();
const { JOBS_QUEUE: queue, RESULTS_TABLE: table } = process.env;

export const accept = async (event) => {
  const id = randomUUID();
  const body = JSON.stringify({ id, numbers: JSON.parse(event.body) });
  await queues.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: body }));
  return { statusCode: 202, body: JSON.stringify({ id }) };
};

export const work = async (event) => {
  const batchItemFailures = [];
  for (const record of event.Records) {
    try {
      const job = JSON.parse(record.body);
      const sum = job.numbers.reduce((total, number) => {
        if (typeof number !== "number") throw new TypeError(`${number} is not a number`);
        return total + number;
      }, 0);
      const item = { id: { S: job.id }, sum: { N: String(sum) } };
      await database.send(new PutItemCommand({ TableName: table, Item: item }));
    } catch (error) {
      console.log(`${record.messageId}: ${error}`);
      batchItemFailures.push({ itemIdentifier: record.messageId }); // it is received again, at most three times
    }
  }
  return { batchItemFailures };
};

export const show = async (event) => {
  const key = { id: { S: event.pathParameters.id } };
  const { Item: item } = await database.send(new GetItemCommand({ TableName: table, Key: key }));
  if (item === undefined) {
    return { statusCode: 404, body: JSON.stringify({ message: "there is no such result yet" }) };
  }
  return { statusCode: 200, body: JSON.stringify({ sum: Number(item.sum.N) }) };
};
"""

_TESTS: Final = """\
def test_a_job_is_done(esb):
    accepted = esb.http.post("/jobs", json=[1, 2, 3])
    assert accepted.status_code == 202
    esb.wait_until_delivered()
    assert esb.http.get(f"/results/{accepted.json()['id']}").json() == {"sum": 6}


def test_a_job_that_fails_is_kept(esb):
    esb.http.post("/jobs", json=["one"])
    esb.wait_until_delivered()
    queues = {queue.url.rpartition("-")[2]: queue for queue in esb.resource("sqs").queues.all()}
    assert len(queues["FailedJobsQueue"].receive_messages()) == 1
    assert len(esb.invocations("WorkFunction")) == 3
"""

QUEUE: Final = Sample(
    name="queue",
    template=_TEMPLATE,
    code={"python": {"src/jobs/app.py": _PYTHON}, "node": {"src/jobs/app.mjs": _NODE}},
    tests=_TESTS,
    tries=("curl -d '[1, 2, 3]' http://localhost:8080/jobs", "curl http://localhost:8080/results/ID"),
)
