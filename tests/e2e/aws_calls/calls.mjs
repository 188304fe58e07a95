// Calls each service in each way, and writes what came of it to the file that the environment names.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.env.SDKS + "/");
const load = (name) => require("@aws-sdk/client-" + name);
const bytes = new Uint8Array([1]);
const arn = "arn:aws:states:us-east-1:123456789012:stateMachine:m";
const CALLS = {
  sqs: ["SQS", "SendMessage", { QueueUrl: process.env.QUEUE_URL, MessageBody: "m" }],
  sns: ["SNS", "Publish", { TopicArn: "arn:aws:sns:us-east-1:123456789012:t", Message: "m" }],
  eventbridge: ["EventBridge", "PutEvents", { Entries: [{ Source: "a", DetailType: "b", Detail: "{}" }] }],
  sts: ["STS", "GetCallerIdentity", {}],
  kms: ["KMS", "ListKeys", {}],
  ssm: ["SSM", "GetParameter", { Name: "p" }],
  "secrets-manager": ["SecretsManager", "GetSecretValue", { SecretId: "s" }],
  sfn: ["SFN", "StartExecution", { stateMachineArn: arn }],
  "cognito-identity-provider": [
    "CognitoIdentityProvider",
    "InitiateAuth",
    { AuthFlow: "USER_PASSWORD_AUTH", ClientId: "c", AuthParameters: {} },
  ],
  kinesis: ["Kinesis", "PutRecord", { StreamName: "s", PartitionKey: "p", Data: bytes }],
  firehose: ["Firehose", "PutRecord", { DeliveryStreamName: "d", Record: { Data: bytes } }],
  ses: ["SES", "GetSendQuota", {}],
  sesv2: ["SESv2", "GetAccount", {}],
  cloudwatch: ["CloudWatch", "ListMetrics", {}],
  "cloudwatch-logs": ["CloudWatchLogs", "DescribeLogGroups", {}],
  ec2: ["EC2", "DescribeRegions", {}],
  "route-53": ["Route53", "ListHostedZones", {}],
  cloudfront: ["CloudFront", "ListDistributions", {}],
  iam: ["IAM", "GetUser", {}],
  appconfigdata: ["AppConfigData", "GetLatestConfiguration", { ConfigurationToken: "t" }],
  xray: ["XRay", "GetGroups", {}],
  organizations: ["Organizations", "ListAccounts", {}],
  ecr: ["ECR", "DescribeRepositories", {}],
  athena: ["Athena", "ListWorkGroups", {}],
};
const KINDS = {
  regional: {},
  fips: { useFipsEndpoint: true },
  dual_stack: { useDualstackEndpoint: true },
  global: { region: "aws-global" },
};
// What a function's code may say itself; only a process that has loaded the guard can hold these.
const OWN = {
  own_regional: "https://sqs.us-east-1.amazonaws.com",
  own_root_dot: "https://sqs.us-east-1.amazonaws.com./",
  own_global: "https://sts.amazonaws.com",
  own_dual_stack: "https://sqs.us-east-1.api.aws",
};
const results = [];

async function record(service, kind, call) {
  try {
    await call();
    results.push({ service, kind, error: null });
  } catch (error) {
    const { httpStatusCode = null, attempts = null } = error.$metadata ?? {};
    const text = String(error.message);
    results.push({ service, kind, error: error.name, text, status: httpStatusCode, attempts });
  }
}

for (const [name, [client, operation, input]] of Object.entries(CALLS)) {
  const sdk = load(name);
  for (const [kind, options] of Object.entries(KINDS)) {
    await record(name, kind, () => new sdk[client + "Client"](options).send(new sdk[operation + "Command"](input)));
  }
}
const { S3Client, GetObjectCommand } = load("s3");
for (const Key of ["temporary", "permanent"]) {
  const client = new S3Client({ followRegionRedirects: true });
  await record("s3", Key, () => client.send(new GetObjectCommand({ Bucket: process.env.BUCKET, Key })));
}
const { SQSClient, ListQueuesCommand } = load("sqs");
for (const [name, endpoint] of Object.entries(process.env)) {
  if (!name.startsWith("ADDRESS_")) continue;
  await record("sqs", name, () => new SQSClient({ endpoint }).send(new ListQueuesCommand({})));
  await record("fetch", name, () => fetch(endpoint, { redirect: "manual" }));
}
for (const [kind, endpoint] of Object.entries(OWN)) {
  await record("sqs", kind, () => new SQSClient({ endpoint }).send(new ListQueuesCommand({})));
}
await record("fetch", "GRAPH", () => fetch(process.env.GRAPH, { method: "POST", body: "{}" }));
await record("fetch", "CDN", () => fetch(process.env.CDN));
await record("fetch", "TABLE_HOST", () => fetch("https://" + process.env.TABLE_HOST));
await record("fetch", "OWN_API", () => fetch(process.env.OWN_API));
writeFileSync(process.env.RESULTS, JSON.stringify(results));
