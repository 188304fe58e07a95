"""The cases of SQS."""

from __future__ import annotations

import hashlib
import json
import threading
import time
import urllib.request

from bench.compare.aws import Aws
from bench.compare.case import Cases, equal, refused

SQS = Cases("SQS")
_GUIDE = "SQS developer guide"
_API = "SQS API reference"


@SQS.add("a body comes back byte for byte, with its MD5", f"{_API}, SendMessage")
def _(aws: Aws) -> None:
    queue, body = aws.queue(), '{"a":  1.0}\n\t"é" \U0001f600'
    sent = aws.send(queue, body)
    (message,) = aws.receive(queue)
    equal((message["Body"], message["MessageId"]), (body, sent["MessageId"]))
    equal(sent["MD5OfMessageBody"], hashlib.md5(body.encode()).hexdigest())


@SQS.add("attributes of three types come back, with their MD5", f"{_GUIDE}, Amazon SQS message metadata")
def _(aws: Aws) -> None:
    queue = aws.queue()
    attributes = {
        "text": {"DataType": "String.my", "StringValue": "é"},
        "number": {"DataType": "Number", "StringValue": "1e3"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    sent = aws.send(queue, "a", MessageAttributes=attributes)
    (message,) = aws.receive(queue)
    equal(message["MessageAttributes"], attributes)
    equal(message["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"])


@SQS.add(
    "attributes are received by name and by prefix", "recorded: test_receive_message_message_attribute_names_filters"
)
def _(aws: Aws) -> None:
    queue = aws.queue(VisibilityTimeout="0")
    value = {"DataType": "String", "StringValue": "x"}
    aws.send(queue, "a", MessageAttributes={"My.one": value, "My.two": value, "other": value})
    for asked, expected in ((["My.*"], ["My.one", "My.two"]), (["other"], ["other"]), ([], [])):
        (message,) = aws.receive(queue, MessageAttributeNames=asked)
        equal(sorted(message.get("MessageAttributes", {})), expected, str(asked))


@SQS.add("system attributes tell when, by whom and how often", f"{_API}, ReceiveMessage")
def _(aws: Aws) -> None:
    queue = aws.queue(VisibilityTimeout="0")
    aws.send(queue, "a")
    aws.receive(queue)
    (message,) = aws.receive(queue)
    names = {"SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp"}
    equal(set(message["Attributes"]), names)
    equal(message["Attributes"]["ApproximateReceiveCount"], "2")


@SQS.add("a received message is invisible, then visible again", f"{_GUIDE}, Amazon SQS visibility timeout")
def _(aws: Aws) -> None:
    queue = aws.queue(VisibilityTimeout="2")
    aws.send(queue, "a")
    equal(aws.bodies(queue), ["a"])
    equal(aws.bodies(queue), [])
    equal(aws.bodies(queue, WaitTimeSeconds=5), ["a"])


@SQS.add("ChangeMessageVisibility to 0 gives a message back", f"{_API}, ChangeMessageVisibility")
def _(aws: Aws) -> None:
    queue = aws.queue()
    aws.send(queue, "a")
    handle = aws.receive(queue)[0]["ReceiptHandle"]
    aws.sqs.change_message_visibility(QueueUrl=queue.url, ReceiptHandle=handle, VisibilityTimeout=0)
    equal(aws.bodies(queue), ["a"])


@SQS.add(
    "changing the visibility of a message that is visible again is no error",
    "recorded: test_change_message_visibility_after_visibility_timeout_expiration",
)
def _(aws: Aws) -> None:
    queue = aws.queue()
    aws.send(queue, "a")
    handle = aws.receive(queue, VisibilityTimeout=0)[0]["ReceiptHandle"]
    aws.sqs.change_message_visibility(QueueUrl=queue.url, ReceiptHandle=handle, VisibilityTimeout=2)


@SQS.add("a visibility timeout is at most 12 hours", f"{_API}, ChangeMessageVisibility")
def _(aws: Aws) -> None:
    queue = aws.queue()
    aws.send(queue, "a")
    handle = aws.receive(queue)[0]["ReceiptHandle"]
    change = aws.sqs.change_message_visibility
    refused("InvalidParameterValue", change, QueueUrl=queue.url, ReceiptHandle=handle, VisibilityTimeout=43201)


@SQS.add("a deleted message does not come again; deleting it twice is no error", f"{_API}, DeleteMessage")
def _(aws: Aws) -> None:
    queue = aws.queue(VisibilityTimeout="1")
    aws.send(queue, "a")
    handle = aws.receive(queue)[0]["ReceiptHandle"]
    for _turn in range(2):
        aws.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=handle)
    time.sleep(1.2)
    equal(aws.bodies(queue), [])


@SQS.add("what is no receipt handle is refused", f"{_API}, DeleteMessage: ReceiptHandleIsInvalid")
def _(aws: Aws) -> None:
    queue = aws.queue()
    refused("ReceiptHandleIsInvalid", aws.sqs.delete_message, QueueUrl=queue.url, ReceiptHandle="no handle")


@SQS.add("a delayed message comes later, and is counted", f"{_GUIDE}, Amazon SQS message timers")
def _(aws: Aws) -> None:
    queue = aws.queue()
    aws.send(queue, "a", DelaySeconds=2)
    equal(aws.attribute(queue.url, "ApproximateNumberOfMessagesDelayed"), "1")
    equal(aws.bodies(queue), [])
    equal(aws.bodies(queue, WaitTimeSeconds=5), ["a"])


@SQS.add(
    "a queue's delay holds for its messages, and a message's own is stronger", f"{_GUIDE}, Amazon SQS delay queues"
)
def _(aws: Aws) -> None:
    queue = aws.queue(DelaySeconds="2")
    aws.send(queue, "later")
    aws.send(queue, "now", DelaySeconds=0)
    equal(aws.bodies(queue), ["now"])
    equal(aws.bodies(queue, WaitTimeSeconds=5), ["later"])


@SQS.add("a delay is at most 900 seconds", f"{_API}, SendMessage")
def _(aws: Aws) -> None:
    refused("InvalidParameterValue", aws.send, queue=aws.queue(), body="a", DelaySeconds=901)


@SQS.add("a long poll ends when a message comes", f"{_GUIDE}, Amazon SQS short and long polling")
def _(aws: Aws) -> None:
    queue = aws.queue()
    sender = threading.Timer(0.5, aws.sqs.send_message, kwargs={"QueueUrl": queue.url, "MessageBody": "a"})
    began = time.monotonic()
    sender.start()
    found = aws.bodies(queue, WaitTimeSeconds=20)
    waited = time.monotonic() - began
    sender.join()
    equal(found, ["a"])
    equal(0.4 < waited < 18, True, f"waited {waited:.1f} s")


@SQS.add("a long poll of an empty queue takes its time", f"{_GUIDE}, Amazon SQS short and long polling")
def _(aws: Aws) -> None:
    queue = aws.queue(ReceiveMessageWaitTimeSeconds="1")
    began = time.monotonic()
    equal(aws.bodies(queue), [])
    waited = time.monotonic() - began
    equal(waited >= 0.9, True, f"waited {waited:.1f} s")


@SQS.add("at most 10 messages are received at once, and 11 are refused", f"{_API}, ReceiveMessage")
def _(aws: Aws) -> None:
    queue = aws.queue()
    refused("InvalidParameterValue", aws.receive, queue=queue, most=11)
    for start in (0, 10):
        entries = [{"Id": str(number), "MessageBody": f"{start + number}"} for number in range(10)]
        aws.sqs.send_message_batch(QueueUrl=queue.url, Entries=entries)
    equal(len(aws.bodies(queue)), 10)


@SQS.add("a batch answers for each of its entries", f"{_API}, SendMessageBatch")
def _(aws: Aws) -> None:
    entries = [{"Id": "good", "MessageBody": "a"}, {"Id": "late", "MessageBody": "b", "DelaySeconds": 901}]
    answer = aws.sqs.send_message_batch(QueueUrl=aws.queue().url, Entries=entries)
    equal([each["Id"] for each in answer.get("Successful", [])], ["good"])
    found = [(each["Id"], each["Code"], each["SenderFault"]) for each in answer.get("Failed", [])]
    equal(found, [("late", "InvalidParameterValue", True)])


@SQS.add("a batch deletes what it can", f"{_API}, DeleteMessageBatch")
def _(aws: Aws) -> None:
    queue = aws.queue()
    aws.send(queue, "a")
    handle = aws.receive(queue)[0]["ReceiptHandle"]
    entries = [{"Id": "good", "ReceiptHandle": handle}, {"Id": "bad", "ReceiptHandle": "no handle"}]
    answer = aws.sqs.delete_message_batch(QueueUrl=queue.url, Entries=entries)
    equal([each["Id"] for each in answer.get("Successful", [])], ["good"])
    found = [(each["Id"], each["Code"]) for each in answer.get("Failed", [])]
    equal(found, [("bad", "ReceiptHandleIsInvalid")])


@SQS.add(
    "batches that are empty, too long, or have an id twice are refused",
    "recorded: test_too_many_entries_in_batch_request",
)
def _(aws: Aws) -> None:
    url, send = aws.queue().url, aws.sqs.send_message_batch
    prefix = "AWS.SimpleQueueService."
    many = [{"Id": str(number), "MessageBody": "a"} for number in range(11)]
    refused(f"{prefix}TooManyEntriesInBatchRequest", send, QueueUrl=url, Entries=many)
    refused(f"{prefix}EmptyBatchRequest", send, QueueUrl=url, Entries=[])
    refused(f"{prefix}BatchEntryIdsNotDistinct", send, QueueUrl=url, Entries=[many[0], many[0]])


@SQS.add(
    "an id of a batch has letters, digits, hyphens and underscores",
    "recorded: test_delete_message_batch_invalid_msg_id",
)
def _(aws: Aws) -> None:
    entries = [{"Id": "invalid:id", "ReceiptHandle": "x"}]
    code = "AWS.SimpleQueueService.InvalidBatchEntryId"
    refused(code, aws.sqs.delete_message_batch, QueueUrl=aws.queue().url, Entries=entries)


@SQS.add("an empty body is refused", f"{_API}, SendMessage")
def _(aws: Aws) -> None:
    refused("MissingParameter", aws.send, queue=aws.queue(), body="")


@SQS.add("characters that XML has not are refused", f"{_API}, SendMessage: InvalidMessageContents")
def _(aws: Aws) -> None:
    refused("InvalidMessageContents", aws.send, queue=aws.queue(), body="a\x00")


@SQS.add("a message larger than MaximumMessageSize is refused", "recorded: test_send_oversized_message")
def _(aws: Aws) -> None:
    refused("InvalidParameterValue", aws.send, queue=aws.queue(MaximumMessageSize="1024"), body="x" * 1025)


@SQS.add("a message of 1 MiB is accepted", f"{_GUIDE}, Amazon SQS message quotas")
def _(aws: Aws) -> None:
    queue = aws.queue()
    aws.send(queue, "x" * 1_048_576)
    equal([len(body) for body in aws.bodies(queue)], [1_048_576])


@SQS.add("counts follow the messages", f"{_API}, GetQueueAttributes")
def _(aws: Aws) -> None:
    queue = aws.queue()
    for number in range(3):
        aws.send(queue, str(number))
    aws.receive(queue, 1)
    answer = aws.sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["All"])["Attributes"]
    counts = answer["ApproximateNumberOfMessages"], answer["ApproximateNumberOfMessagesNotVisible"]
    equal(counts, ("2", "1"))


@SQS.add("a new queue has AWS's defaults", "recorded: test_set_queue_attributes_default_values")
def _(aws: Aws) -> None:
    answer = aws.sqs.get_queue_attributes(QueueUrl=aws.queue().url, AttributeNames=["All"])["Attributes"]
    expected = {
        "DelaySeconds": "0",
        "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600",
        "ReceiveMessageWaitTimeSeconds": "0",
        "SqsManagedSseEnabled": "true",
        "VisibilityTimeout": "30",
    }
    equal({name: answer.get(name) for name in expected}, expected)


@SQS.add("attributes out of their range are refused", f"{_API}, SetQueueAttributes")
def _(aws: Aws) -> None:
    url, change = aws.queue().url, aws.sqs.set_queue_attributes
    for name, value in (("VisibilityTimeout", "43201"), ("MessageRetentionPeriod", "59"), ("DelaySeconds", "x")):
        refused("InvalidAttributeValue", change, QueueUrl=url, Attributes={name: value})


@SQS.add("an attribute that does not exist is refused", f"{_API}, SetQueueAttributes: InvalidAttributeName")
def _(aws: Aws) -> None:
    given = {"Attributes": {"Colour": "red"}}
    refused("InvalidAttributeName", aws.sqs.set_queue_attributes, QueueUrl=aws.queue().url, **given)


@SQS.add(
    "a queue is created again if it is the same, and refused if it differs",
    "recorded: test_create_queue_with_different_attributes_raises_exception",
)
def _(aws: Aws) -> None:
    name = aws.name()
    first = aws.sqs.create_queue(QueueName=name, Attributes={"DelaySeconds": "1"})["QueueUrl"]
    equal(aws.sqs.create_queue(QueueName=name, Attributes={"DelaySeconds": "1"})["QueueUrl"], first)
    refused("QueueAlreadyExists", aws.sqs.create_queue, QueueName=name, Attributes={"DelaySeconds": "2"})


@SQS.add("a queue's name has letters, digits, hyphens and underscores", f"{_API}, CreateQueue")
def _(aws: Aws) -> None:
    refused("InvalidParameterValue", aws.sqs.create_queue, QueueName="a.b")


@SQS.add("a queue that does not exist is an error with the code of the Query protocol", f"{_API}, QueueDoesNotExist")
def _(aws: Aws) -> None:
    refused("AWS.SimpleQueueService.NonExistentQueue", aws.sqs.get_queue_url, QueueName=aws.name())


@SQS.add(
    "a name is free again 60 seconds after DeleteQueue",
    f"{_API}, CreateQueue: QueueDeletedRecently",
    differs="A name can be used again at once, because tests need not wait; programs that wait work, too.",
)
def _(aws: Aws) -> None:
    name = aws.name()
    aws.sqs.delete_queue(QueueUrl=aws.sqs.create_queue(QueueName=name)["QueueUrl"])
    refused("AWS.SimpleQueueService.QueueDeletedRecently", aws.sqs.create_queue, QueueName=name)


@SQS.add("PurgeQueue empties a queue, and is refused within 60 seconds", f"{_API}, PurgeQueue")
def _(aws: Aws) -> None:
    queue = aws.queue()
    aws.send(queue, "a")
    aws.sqs.purge_queue(QueueUrl=queue.url)
    equal(aws.bodies(queue), [])
    refused("AWS.SimpleQueueService.PurgeQueueInProgress", aws.sqs.purge_queue, QueueUrl=queue.url)


@SQS.add("queues are listed by prefix, and by pages", f"{_API}, ListQueues")
def _(aws: Aws) -> None:
    prefix = aws.name("-listed-")
    urls = [aws.sqs.create_queue(QueueName=f"{prefix}{number}")["QueueUrl"] for number in range(3)]
    found, more = list[str](), dict[str, str]()
    for _turn in range(3):
        answer = aws.sqs.list_queues(QueueNamePrefix=prefix, MaxResults=2, **more)
        found += answer.get("QueueUrls", [])
        if "NextToken" not in answer:
            break
        more = {"NextToken": answer["NextToken"]}
    equal(sorted(found), urls)


@SQS.add("tags are set, shown and removed", "recorded: test_tag_untag_queue")
def _(aws: Aws) -> None:
    url = aws.queue().url
    aws.sqs.tag_queue(QueueUrl=url, Tags={"a": "1", "b": "2"})
    aws.sqs.untag_queue(QueueUrl=url, TagKeys=["a"])
    equal(aws.sqs.list_queue_tags(QueueUrl=url)["Tags"], {"b": "2"})


@SQS.add(
    "a message goes to the dead-letter queue after maxReceiveCount receives",
    f"{_GUIDE}, Using dead-letter queues in Amazon SQS",
)
def _(aws: Aws) -> None:
    dead = aws.queue()
    policy = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 2})
    queue = aws.queue(VisibilityTimeout="0", RedrivePolicy=policy)
    aws.send(queue, "a")
    equal([aws.bodies(queue) for _turn in range(3)], [["a"], ["a"], []])
    (message,) = aws.receive(dead)
    equal(message["Attributes"].get("DeadLetterQueueSourceArn"), queue.arn)


@SQS.add("the sources of a dead-letter queue are listed", f"{_API}, ListDeadLetterSourceQueues")
def _(aws: Aws) -> None:
    dead = aws.queue()
    queue = aws.queue(RedrivePolicy=json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1}))
    equal(aws.sqs.list_dead_letter_source_queues(QueueUrl=dead.url)["queueUrls"], [queue.url])


@SQS.add("a dead-letter queue has to exist", f"{_API}, SetQueueAttributes")
def _(aws: Aws) -> None:
    queue = aws.queue()
    policy = json.dumps({"deadLetterTargetArn": f"{queue.arn}-nothing", "maxReceiveCount": 1})
    given = {"Attributes": {"RedrivePolicy": policy}}
    refused("InvalidParameterValue", aws.sqs.set_queue_attributes, QueueUrl=queue.url, **given)


@SQS.add("dead letters are moved back by StartMessageMoveTask", f"{_API}, StartMessageMoveTask")
def _(aws: Aws) -> None:
    dead = aws.queue()
    queue = aws.queue(RedrivePolicy=json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1}))
    aws.send(queue, "a")
    aws.receive(queue, VisibilityTimeout=0)
    equal(aws.bodies(queue), [])
    aws.sqs.start_message_move_task(SourceArn=dead.arn)
    equal([each["Body"] for each in aws.arriving(queue)], ["a"])
    (task,) = aws.sqs.list_message_move_tasks(SourceArn=dead.arn)["Results"]
    equal(task["ApproximateNumberOfMessagesMoved"], 1)


@SQS.add("messages of a FIFO group come in order, one batch at a time", f"{_GUIDE}, FIFO queue delivery logic")
def _(aws: Aws) -> None:
    queue = aws.fifo(ContentBasedDeduplication="true")
    for body, group in (("a1", "a"), ("b1", "b"), ("a2", "a"), ("a3", "a")):
        aws.send(queue, body, MessageGroupId=group)
    equal(aws.bodies(queue, 1), ["a1"])
    equal(aws.bodies(queue), ["b1"])
    equal(aws.bodies(queue), [])


@SQS.add("a deleted message of a group lets the next one come", f"{_GUIDE}, FIFO queue delivery logic")
def _(aws: Aws) -> None:
    queue = aws.fifo(ContentBasedDeduplication="true")
    for body in ("1", "2"):
        aws.send(queue, body, MessageGroupId="g")
    (first,) = aws.receive(queue, 1)
    equal(aws.bodies(queue), [])
    aws.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=first["ReceiptHandle"])
    equal(aws.bodies(queue), ["2"])


@SQS.add(
    "a duplicate gets the first message's id and number, and is sent once",
    f"{_GUIDE}, Exactly-once processing in Amazon SQS",
)
def _(aws: Aws) -> None:
    queue = aws.fifo()
    sent = [aws.send(queue, body, MessageGroupId="g", MessageDeduplicationId="d") for body in ("a", "b")]
    equal(sent[1]["MessageId"], sent[0]["MessageId"], "MessageId")
    equal(sent[1].get("SequenceNumber"), sent[0]["SequenceNumber"], "SequenceNumber")
    equal(aws.bodies(queue), ["a"])


@SQS.add("a duplicate of a deleted message is one still", f"{_GUIDE}, Using the message deduplication ID")
def _(aws: Aws) -> None:
    queue = aws.fifo(ContentBasedDeduplication="true")
    aws.send(queue, "a", MessageGroupId="g")
    aws.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=aws.receive(queue)[0]["ReceiptHandle"])
    aws.send(queue, "a", MessageGroupId="g")
    equal(aws.bodies(queue), [])


@SQS.add(
    "deduplication by group if its scope says so", "recorded: test_sqs_fifo_message_group_scope_no_throughput_setting"
)
def _(aws: Aws) -> None:
    scope = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
    for attributes, expected in (({}, ["1"]), (scope, ["1", "2"])):
        queue = aws.fifo(**attributes)
        for group in ("1", "2"):
            aws.send(queue, group, MessageGroupId=group, MessageDeduplicationId="d")
        equal(sorted(aws.bodies(queue)), expected, str(attributes))


@SQS.add("sequence numbers grow", f"{_API}, SendMessage")
def _(aws: Aws) -> None:
    queue = aws.fifo(ContentBasedDeduplication="true")
    numbers = [int(aws.send(queue, str(turn), MessageGroupId="g")["SequenceNumber"]) for turn in range(3)]
    equal(numbers, sorted(set(numbers)))


@SQS.add(
    "a FIFO queue wants a group and a deduplication id",
    "recorded: test_send_batch_missing_message_group_id_for_fifo_queue",
)
def _(aws: Aws) -> None:
    refused("MissingParameter", aws.send, queue=aws.fifo(ContentBasedDeduplication="true"), body="a")
    refused("InvalidParameterValue", aws.send, queue=aws.fifo(), body="a", MessageGroupId="g")


@SQS.add("a FIFO queue takes no delay of a message", f"{_API}, SendMessage")
def _(aws: Aws) -> None:
    given = {"MessageGroupId": "g", "DelaySeconds": 1}
    refused("InvalidParameterValue", aws.send, queue=aws.fifo(ContentBasedDeduplication="true"), body="a", **given)


@SQS.add("a FIFO queue's name ends in .fifo", f"{_API}, CreateQueue")
def _(aws: Aws) -> None:
    create = aws.sqs.create_queue
    refused("InvalidParameterValue", create, QueueName=aws.name(), Attributes={"FifoQueue": "true"})


@SQS.add("a queue does not become a FIFO queue", "recorded: test_set_unsupported_attribute_standard")
def _(aws: Aws) -> None:
    given = {"Attributes": {"FifoQueue": "true"}}
    refused("InvalidAttributeName", aws.sqs.set_queue_attributes, QueueUrl=aws.queue().url, **given)


@SQS.add("a FIFO dead letter leaves its group free", f"{_GUIDE}, Using dead-letter queues in Amazon SQS")
def _(aws: Aws) -> None:
    dead = aws.fifo()
    policy = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1})
    queue = aws.fifo(ContentBasedDeduplication="true", VisibilityTimeout="0", RedrivePolicy=policy)
    for body in ("1", "2"):
        aws.send(queue, body, MessageGroupId="g")
    equal(aws.bodies(queue, 1), ["1"])
    equal(aws.bodies(queue, 1), ["2"])
    equal(aws.bodies(dead), ["1"])


@SQS.add("a request without a signature is refused", f"{_API}, Common errors: MissingAuthenticationToken")
def _(aws: Aws) -> None:
    request = urllib.request.Request(
        aws.queue().url,
        b'{"QueueUrl": ""}',
        {"X-Amz-Target": "AmazonSQS.ListQueues", "Content-Type": "application/x-amz-json-1.0"},
    )
    try:
        with urllib.request.urlopen(request) as answer:
            raise AssertionError(f"status {answer.status} instead of 403")
    except urllib.error.HTTPError as error:
        equal(error.code, 403, "status")
