// What a Node.js application does with queues, topics and buses, by AWS's own SDK; prints what came of it as JSON.
import { createRequire } from "node:module";

const require = createRequire(process.env.SDKS + "/");
const { SQS } = require("@aws-sdk/client-sqs");
const { SNS } = require("@aws-sdk/client-sns");
const { EventBridge } = require("@aws-sdk/client-eventbridge");
const settings = { region: "us-east-1", endpoint: process.env.ENDPOINT, maxAttempts: 1 };
const [sqs, sns, events] = [new SQS(settings), new SNS(settings), new EventBridge(settings)];
const name = process.env.NAME;

const refused = async (call) => {
  try {
    await call;
    return "accepted";
  } catch (error) {
    return error.name;
  }
};
const bodies = async (url, seconds = 5) =>
  ((await sqs.receiveMessage({ QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: seconds })).Messages ?? []).map(
    (message) => message.Body,
  );
const created = async (suffix, attributes) => {
  const { QueueUrl } = await sqs.createQueue({ QueueName: name + suffix, Attributes: attributes });
  const found = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["QueueArn"] });
  return [QueueUrl, found.Attributes.QueueArn];
};

const found = {};
const [url, arn] = await created("", { VisibilityTimeout: "60" });

// The SDK compares the MD5 of bodies itself, and throws if one differs.
const attributes = {
  text: { DataType: "String", StringValue: "é" },
  number: { DataType: "Number", StringValue: "1" },
  bytes: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255]) },
};
await sqs.sendMessage({ QueueUrl: url, MessageBody: "häuser \u{1F600}", MessageAttributes: attributes });
const { Messages } = await sqs.receiveMessage({
  QueueUrl: url,
  MessageAttributeNames: ["All"],
  MessageSystemAttributeNames: ["All"],
  WaitTimeSeconds: 5,
});
found.body = Messages[0].Body;
found.text = Messages[0].MessageAttributes.text.StringValue;
found.bytes = [...Messages[0].MessageAttributes.bytes.BinaryValue];
found.receives = Messages[0].Attributes.ApproximateReceiveCount;
await sqs.deleteMessage({ QueueUrl: url, ReceiptHandle: Messages[0].ReceiptHandle });
found.batch = (
  await sqs.sendMessageBatch({
    QueueUrl: url,
    Entries: [
      { Id: "a", MessageBody: "1" },
      { Id: "b", MessageBody: "2", DelaySeconds: 901 },
    ],
  })
).Failed.map(({ Id, Code, SenderFault }) => [Id, Code, SenderFault]);
found.received = await bodies(url);
found.errors = [
  await refused(sqs.getQueueUrl({ QueueName: `${name}-nothing` })),
  await refused(sqs.deleteMessage({ QueueUrl: url, ReceiptHandle: "no handle" })),
  await refused(sns.publish({ TopicArn: "arn:aws:sns:us-east-1:123456789012:nothing", Message: "m" })),
  await refused(events.describeRule({ Name: `${name}-nothing` })),
];

const [fifo] = await created(".fifo", { FifoQueue: "true", ContentBasedDeduplication: "true" });
for (const body of ["1", "2", "1"]) {
  await sqs.sendMessage({ QueueUrl: fifo, MessageBody: body, MessageGroupId: "g" });
}
found.ordered = await bodies(fifo);

const [inbox, inboxArn] = await created("-inbox", {});
const { TopicArn } = await sns.createTopic({ Name: name });
await sns.subscribe({
  TopicArn,
  Protocol: "sqs",
  Endpoint: inboxArn,
  Attributes: { RawMessageDelivery: "true", FilterPolicy: '{"kind": ["wanted"]}' },
});
for (const kind of ["wanted", "other"]) {
  const given = { kind: { DataType: "String", StringValue: kind } };
  await sns.publish({ TopicArn, Message: kind, MessageAttributes: given });
}
found.published = await bodies(inbox);

await events.putRule({ Name: name, EventPattern: JSON.stringify({ source: [name] }) });
await events.putTargets({ Rule: name, Targets: [{ Id: "1", Arn: arn, InputPath: "$.detail" }] });
const put = await events.putEvents({
  Entries: [
    { Source: name, DetailType: "d", Detail: '{"n":1}' },
    { Source: name, DetailType: "d", Detail: "no JSON" },
  ],
});
found.failed = put.Entries.map((entry) => entry.ErrorCode ?? "");
found.events = await bodies(url);

// For boto3, beside which this runs.
await sqs.sendMessage({ QueueUrl: url, MessageBody: "from Node.js", MessageAttributes: attributes });
console.log(JSON.stringify(found));
