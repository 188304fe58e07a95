// As calls.mjs, with version 2 of AWS's SDK.
const { writeFileSync } = require("node:fs");

const AWS = require("aws-sdk");

const arn = "arn:aws:states:us-east-1:123456789012:stateMachine:m";
const CALLS = {
  SQS: ["sendMessage", { QueueUrl: process.env.QUEUE_URL, MessageBody: "m" }],
  SNS: ["publish", { TopicArn: "arn:aws:sns:us-east-1:123456789012:t", Message: "m" }],
  EventBridge: ["putEvents", { Entries: [{ Source: "a", DetailType: "b", Detail: "{}" }] }],
  CloudWatchEvents: ["putEvents", { Entries: [{ Source: "a", DetailType: "b", Detail: "{}" }] }],
  STS: ["getCallerIdentity", {}],
  KMS: ["listKeys", {}],
  SSM: ["getParameter", { Name: "p" }],
  SecretsManager: ["getSecretValue", { SecretId: "s" }],
  StepFunctions: ["startExecution", { stateMachineArn: arn }],
  CognitoIdentityServiceProvider: [
    "initiateAuth",
    { AuthFlow: "USER_PASSWORD_AUTH", ClientId: "c", AuthParameters: {} },
  ],
  Kinesis: ["putRecord", { StreamName: "s", PartitionKey: "p", Data: "d" }],
  Firehose: ["putRecord", { DeliveryStreamName: "d", Record: { Data: "d" } }],
  SES: ["getSendQuota", {}],
  SESV2: ["getAccount", {}],
  CloudWatch: ["listMetrics", {}],
  CloudWatchLogs: ["describeLogGroups", {}],
  EC2: ["describeRegions", {}],
  Route53: ["listHostedZones", {}],
  CloudFront: ["listDistributions", {}],
  IAM: ["getUser", {}],
  XRay: ["getGroups", {}],
  Organizations: ["listAccounts", {}],
  ECR: ["describeRepositories", {}],
  Athena: ["listWorkGroups", {}],
};
const KINDS = {
  regional: {},
  fips: { useFipsEndpoint: true },
  dual_stack: { useDualstackEndpoint: true },
  global: { region: "aws-global" },
};
const OWN = {
  own_regional: "https://sqs.us-east-1.amazonaws.com",
  own_root_dot: "https://sqs.us-east-1.amazonaws.com./",
  own_global: "https://sts.amazonaws.com",
  own_dual_stack: "https://sqs.us-east-1.api.aws",
};
const results = [];

async function record(service, kind, request) {
  try {
    await request.promise();
    results.push({ service, kind, error: null });
  } catch (error) {
    const { retryCount, httpResponse } = request.response;
    const { code, message: text } = error;
    results.push({ service, kind, error: code, text, status: httpResponse.statusCode, attempts: retryCount + 1 });
  }
}

async function main() {
  for (const [name, [operation, input]] of Object.entries(CALLS)) {
    for (const [kind, options] of Object.entries(KINDS)) {
      await record(name, kind, new AWS[name](options)[operation](input));
    }
  }
  for (const Key of ["temporary", "permanent"]) {
    await record("s3", Key, new AWS.S3().getObject({ Bucket: process.env.BUCKET, Key }));
  }
  for (const [kind, endpoint] of Object.entries(OWN)) {
    await record("sqs", kind, new AWS.SQS({ endpoint }).listQueues());
  }
  const names = ["CloudWatchEvents", "DynamoDB", "DynamoDBStreams", "Lambda", "S3"];
  const endpoints = names.map((name) => [name, new AWS[name]().config.endpoint]);
  results.push({ service: "all", kind: "endpoints", text: Object.fromEntries(endpoints) });
  writeFileSync(process.env.RESULTS, JSON.stringify(results));
}

main();
