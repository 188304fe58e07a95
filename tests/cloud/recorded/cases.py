"""The recorded tests of SQS, asked again: each gives its steps with our answers."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from tests.cloud.running_cloud import RunningCloud

Answers = dict[str, Any]
_numbers = itertools.count(1)


@cache
def _client(cloud: RunningCloud, protocol: str) -> Any:
    """One for all tests: making it takes longer than what most of them ask."""
    return cloud.client("sqs", protocol)


class Asker:
    """A client of one protocol, and queues for one test."""

    def __init__(self, cloud: RunningCloud, protocol: str) -> None:
        self.cloud = cloud
        self.client = _client(cloud, protocol)

    def queue(self, *, fifo: bool = False, **attributes: str) -> str:
        name = f"recorded-{next(_numbers)}"
        given = {**({"FifoQueue": "true"} if fifo else {}), **attributes}
        url: str = self("create_queue", QueueName=f"{name}.fifo" if fifo else name, Attributes=given)["QueueUrl"]
        return url

    def __call__(self, operation: str, **parameters: Any) -> Any:
        """The answer, or the error's."""
        try:
            return getattr(self.client, operation)(**parameters)
        except ClientError as error:
            return error.response

    def send(self, url: str, body: str = "message", **parameters: Any) -> Any:
        return self("send_message", QueueUrl=url, MessageBody=body, **parameters)

    def receive(self, url: str, **parameters: Any) -> Any:
        return self("receive_message", QueueUrl=url, **parameters)

    def delete(self, url: str, received: Any) -> None:
        self("delete_message", QueueUrl=url, ReceiptHandle=received["Messages"][0]["ReceiptHandle"])

    def attributes(self, url: str, *names: str) -> Any:
        return self("get_queue_attributes", QueueUrl=url, AttributeNames=[*(names or ("All",))])

    def set(self, url: str, **attributes: str) -> Any:
        return self("set_queue_attributes", QueueUrl=url, Attributes=attributes)


def change_after_expiration(ask: Asker) -> Answers:
    url = ask.queue(VisibilityTimeout="1")
    ask.send(url)
    handle = ask.receive(url)["Messages"][0]["ReceiptHandle"]
    ask.cloud.advance(2)
    changed = ask("change_message_visibility", QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=2)
    return {"visibility_timeout_expired": changed}


def create_and_update(ask: Asker) -> Answers:
    url = ask.queue(MessageRetentionPeriod="604800", ReceiveMessageWaitTimeSeconds="10", VisibilityTimeout="20")
    before = ask.attributes(url)
    ask.set(url, MaximumMessageSize="2048", VisibilityTimeout="69", DelaySeconds="420")
    return {"get_queue_attributes": before, "get_updated_queue_attributes": ask.attributes(url)}


def create_different_fifo(ask: Asker) -> Answers:
    ask = Asker(ask.cloud, "json")  # in which the recorded tests created their queues, whatever they tested
    name = ask.queue(fifo=True, ContentBasedDeduplication="true").rpartition("/")[2]
    other = {"FifoQueue": "true", "ContentBasedDeduplication": "false"}
    return {"queue-already-exists": ask("create_queue", QueueName=name, Attributes=other)}


def create_different(ask: Asker) -> Answers:
    ask = Asker(ask.cloud, "json")  # as above
    url = ask.queue(VisibilityTimeout="1", DelaySeconds="1")
    name = url.rpartition("/")[2]
    again = {"VisibilityTimeout": "1", "DelaySeconds": "2"}
    first = ask("create_queue", QueueName=name, Attributes=again)
    ask.set(url, DelaySeconds="2")
    second = ask("create_queue", QueueName=name, Attributes={**again, "DelaySeconds": "1"})
    return {"create_queue_01": first, "create_queue_02": second}


def dead_letters(ask: Asker) -> Answers:
    dead = ask.attributes(ask.queue(), "QueueArn")["Attributes"]["QueueArn"]
    source = ask.queue(RedrivePolicy=json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 1}))
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    ask.send(
        source,
        "message-1",
        MessageAttributes={"MyAttribute": {"StringValue": "foobar", "DataType": "String"}},
        MessageSystemAttributes={"AWSTraceHeader": {"StringValue": trace, "DataType": "String"}},
    )
    ask.send(source, "message-2")
    everything = {"AttributeNames": ["All"], "MessageAttributeNames": ["All"]}
    before = [
        message
        for _ in range(4)
        for message in ask.receive(source, VisibilityTimeout=0, **everything).get("Messages", [])
    ]
    target = ask("get_queue_url", QueueName=dead.rpartition(":")[2])["QueueUrl"]
    after = ask.receive(target, MaxNumberOfMessages=10, **everything)["Messages"]
    for messages in (before, after):
        messages.sort(key=lambda message: message["Body"])
        for message in messages:
            del message["Attributes"]["SenderId"]
    arn = ask.attributes(source, "QueueArn")["Attributes"]["QueueArn"]
    return {"dlq-arn": dead, "sourcen-arn": arn, "rec-pre-dlq": before, "dlq-messages": after}


def invalid_entry_id(ask: Asker, id_: str) -> Answers:
    entries = [{"Id": id_, "ReceiptHandle": "testHandle1"}]
    return {"error_response": ask("delete_message_batch", QueueUrl=ask.queue(), Entries=entries)}


def too_large_batch(ask: Asker) -> Answers:
    entries = [{"Id": str(number), "ReceiptHandle": "handle"} for number in range(20)]
    return {"error_response": ask("delete_message_batch", QueueUrl=ask.queue(), Entries=entries)}


def too_many_entries(ask: Asker) -> Answers:
    entries = [{"Id": f"message-{number}", "MessageBody": "body"} for number in range(20)]
    answer = ask("send_message_batch", QueueUrl=ask.queue(), Entries=entries)
    return {"test_too_many_entries_in_batch_request": answer}


def regular_throughput(ask: Asker) -> Answers:
    url = ask.queue(fifo=True, DeduplicationScope="messageGroup", FifoThroughputLimit="perMessageGroupId")
    answers = {}
    for number, step in ((1, "same-dedup-different-grp-1"), (2, "same-dedup-different-grp-2")):
        ask.send(url, f"Test{number}", MessageGroupId=f"group{number}", MessageDeduplicationId="same")
        answers[step] = ask.receive(url)
        ask.delete(url, answers[step])
    ask.set(url, DeduplicationScope="queue", FifoThroughputLimit="perQueue")
    answers["set-to-regular-throughput"] = ask.attributes(url)
    ask.send(url, "Test3", MessageGroupId="group3", MessageDeduplicationId="same")
    return {**answers, "same-dedup-different-grp-regular-throughput": ask.receive(url)}


def not_on_group(ask: Asker, *, by_content: bool) -> Answers:
    url = ask.queue(fifo=True, **({"ContentBasedDeduplication": "true"} if by_content else {}))
    given = {} if by_content else {"MessageDeduplicationId": "dedup1"}
    for group in ("group-1", "group-2"):
        ask.send(url, '{"foo": "bar"}', MessageGroupId=group, **given)
    first = ask.receive(url)
    for message in first["Messages"]:
        message["Body"] = json.loads(message["Body"])
    return {"get-messages": first, "get-dedup-messages": ask.receive(url)}


def delete_after_extension(ask: Asker) -> Answers:
    url = ask.queue(fifo=True, VisibilityTimeout="1", ContentBasedDeduplication="True")
    ask.send(url, "foobar", MessageGroupId="1")
    received = ask.receive(url)
    handle = received["Messages"][0]["ReceiptHandle"]
    ask("change_message_visibility", QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=5)
    ask.cloud.advance(1.5)
    ask.delete(url, received)
    return {"received_sqs_message": received, "delete_after_timeout_fifo_extended": ask.receive(url)}


def emptied_group(ask: Asker) -> Answers:
    url = ask.queue(fifo=True)
    ask.send(url, "Message 1", MessageGroupId="g1", MessageDeduplicationId="1")
    first = ask.receive(url)
    ask.delete(url, first)
    empty = ask.receive(url)
    ask.send(url, "Message 2", MessageGroupId="g1", MessageDeduplicationId="2")
    return {"inital-fifo-receive": first, "empty-fifo-receive": empty, "final-fifo-receive": ask.receive(url)}


def extended_in_group(ask: Asker, position: int) -> Answers:
    url = ask.queue(fifo=True, VisibilityTimeout="1")
    for body in ("foo", "bar", "baz"):
        ask.send(url, body, MessageGroupId="1", MessageDeduplicationId=body)
    received = ask.receive(url, MaxNumberOfMessages=5)
    handle = received["Messages"][position]["ReceiptHandle"]
    ask("change_message_visibility", QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=4)
    ask.cloud.advance(2.5)
    return {"receive_all_messages": received, "some-messages-invisible": ask.receive(url, MaxNumberOfMessages=5)}


def fifo_attributes(ask: Asker) -> Answers:
    url = ask.queue(
        fifo=True,
        ContentBasedDeduplication="true",
        VisibilityTimeout="0",
        DeduplicationScope="messageGroup",
        FifoThroughputLimit="perMessageGroupId",
    )
    sent = ask.send(url, "message-body-1", MessageGroupId="group-1", MessageDeduplicationId="dedup-1")
    received = [ask.receive(url, AttributeNames=["All"]) for _ in range(2)]
    return {"send_message": sent, "receive_message_0": received[0], "receive_message_1": received[1]}


def zero_delay(ask: Asker) -> Answers:
    url = ask.queue(fifo=True, ContentBasedDeduplication="true", DelaySeconds="2")
    sent = ask.send(url, "message-1", MessageGroupId="1", DelaySeconds=0)
    before = ask.receive(url)
    ask.cloud.advance(3)
    return {
        "send_message_result": sent,
        "receive_message_initial_result": before,
        "receive_message_after_delay_result": ask.receive(url),
    }


def deduplication_strategy(ask: Asker) -> Answers:
    url = ask.queue(fifo=True, SqsManagedSseEnabled="true", ContentBasedDeduplication="true")
    before = ask.attributes(url)
    ask.set(url, ContentBasedDeduplication="false")
    return {"before-update": before, "after-update": ask.attributes(url)}


def invalid_deduplication_id(ask: Asker, id_: str) -> Answers:
    url = ask.queue(fifo=True)
    return {"error-response": ask.send(url, MessageGroupId="test", MessageDeduplicationId=id_)}


def invalid_group_id(ask: Asker, id_: str) -> Answers:
    return {"error-response": ask.send(ask.queue(), MessageGroupId=id_)}


def empty_queue(ask: Asker) -> Answers:
    url = ask.queue()
    return {
        "empty_short_poll_resp": ask.receive(url, MaxNumberOfMessages=1),
        "empty_long_poll_resp": ask.receive(url, MaxNumberOfMessages=1, WaitTimeSeconds=1),
        "empty_short_poll_resp_no_param": ask.receive(url),
    }


_FILTERS = {
    "empty_filter": [],
    "all_name": ["All"],
    "all_wildcard_asterisk": ["*"],
    "all_wildcard": [".*"],
    "only_non_existing_names": ["Foo", "Help"],
    "only_existing": ["Hello", "General"],
    "existing_and_non_existing": ["Foo", "Hello"],
    "prefix_filter": ["Hel.*"],
    "illegal_name_1": ["AWS."],
    "illegal_name_2": ["..foo"],
}


def attribute_filters(ask: Asker) -> Answers:
    url = ask.queue(VisibilityTimeout="0")
    values = {"Help.Me": "Me", "Hello": "There", "General": "Kenobi"}
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}
    answers = {"send_message_response": ask.send(url, "msg", MessageAttributes=attributes)}
    for step, names in _FILTERS.items():
        answer = ask.receive(url, MessageAttributeNames=names)
        whole = step in ("empty_filter", "all_name") or step.startswith("illegal")
        answers[step] = answer if whole else answer["Messages"][0]
    return answers


def system_attribute_filters(ask: Asker) -> Answers:
    url = ask.queue(VisibilityTimeout="0")
    ask.send(url, "msg", MessageAttributes={"Foo": {"DataType": "String", "StringValue": "Bar"}})
    asked = {
        "all_attributes": (["All"], []),
        "all_system_and_message_attributes": (["All"], ["All"]),
        "single_attribute": (["SenderId"], []),
        "multiple_attributes": (["SenderId", "SequenceNumber"], []),
    }
    return {
        step: ask.receive(url, MessageSystemAttributeNames=system, MessageAttributeNames=own)
        for step, (system, own) in asked.items()
    }


def batch_message_size(ask: Asker) -> Answers:
    url = ask.queue(MaximumMessageSize="1024")
    ids = ("a4cff0d1-1961-44bd-ae53-c6d5ed71ed08", "35b535ed-b76a-4ebd-b749-6eb35cdb55ee")
    entries = [{"Id": id_, "MessageBody": "a" * (1024 + number)} for number, id_ in enumerate(ids)]
    return {"send-message-batch-result": ask("send_message_batch", QueueUrl=url, Entries=entries)}


def missing_in_batch(ask: Asker, step: str, second: dict[str, str]) -> Answers:
    url = ask.queue(fifo=True, ContentBasedDeduplication="false")
    entries = [
        {"Id": "1", "MessageBody": "body", "MessageGroupId": "group", "MessageDeduplicationId": "1"},
        {"Id": "2", "MessageBody": "body", **second},
    ]
    return {step: ask("send_message_batch", QueueUrl=url, Entries=entries)}


def oversized(ask: Asker) -> Answers:
    body = "a" * (1024 * 1024 - len("kStringx") + 1)
    attributes = {"k": {"DataType": "String", "StringValue": "x"}}
    return {"send_oversized_message": ask.send(ask.queue(), body, MessageAttributes=attributes)}


def too_many_messages(ask: Asker) -> Answers:
    url = ask.queue()
    ask.send(url)
    return {"send_max_number_of_messages": ask.receive(url, MaxNumberOfMessages=11)}


def default_values(ask: Asker) -> Answers:
    url = ask.queue()
    answers = {"get-queue-attributes-initial-values": ask.attributes(url)}
    ask.set(url, KmsMasterKeyId="testKeyId", KmsDataKeyReusePeriodSeconds="6000")
    answers["get-queue-attributes-after-update"] = ask.attributes(url)
    ask.set(url, KmsMasterKeyId="", KmsDataKeyReusePeriodSeconds="300")
    return {**answers, "get-queue-attributes-after-set-to-defaults": ask.attributes(url)}


def unsupported_standard(ask: Asker) -> Answers:
    url = ask.queue()
    return {
        "invalid-attr-name-1": ask.set(url, FifoQueue="true"),
        "invalid-attr-name-2": ask.set(url, FifoQueue="false"),
    }


def unsupported_fifo(ask: Asker) -> Answers:
    first, fifo = ask.set(ask.queue(), FifoQueue="true"), ask.queue(fifo=True)
    assert "Error" not in ask.set(fifo, FifoQueue="true")
    return {"invalid-attr-name-1": first, "invalid-attr-name-2": ask.set(fifo, FifoQueue="false")}


def scope_without_limit(ask: Asker, *, scope: bool) -> Answers:
    given = {"ContentBasedDeduplication": "True", "DeduplicationScope": "messageGroup"} if scope else {}
    url = ask.queue(fifo=True, **given)
    answers = {}
    for number in (1, 2):
        own = {} if scope else {"MessageDeduplicationId": "same-dedup"}
        ask.send(url, "Test", MessageGroupId=f"group{number}", **own)
        answers[f"same-dedup-different-grp-{number}"] = received = ask.receive(url)
        if number == 1:
            ask.delete(url, received)
    return answers


def permissions(ask: Asker) -> Answers:
    url, own, other = ask.queue(), "123456789012", "668614515564"

    def add(label: str, *accounts: str) -> Any:
        given = {"AWSAccountIds": [*accounts], "Actions": ["ReceiveMessage"]}
        return ask("add_permission", QueueUrl=url, Label=label, **given)

    def remove(label: str) -> Any:
        return ask("remove_permission", QueueUrl=url, Label=label)

    def policy() -> Any:
        answer = ask.attributes(url, "Policy")
        if "Attributes" in answer:
            answer["Attributes"]["Policy"] = json.loads(answer["Attributes"]["Policy"])
        return answer

    first, second, begins = "crossaccountpermission", "crossaccountpermission2", "get-queue-policy-attribute"
    answers = {"add-permission-response": add(first, other, own), begins: policy()}
    answers["remove-permission-response"] = remove(first)
    answers[f"{begins}-after-removal"] = policy()
    add(first, own)
    answers[f"{begins}-first-account-same-label"] = policy()
    answers[f"{begins}-second-account-same-label"] = add(first, other)
    add(second, own)
    answers[f"{begins}-second-account-different-label"] = policy()
    remove(first)
    answers[f"{begins}-delete-first-permission"] = policy()
    remove(second)
    answers[f"{begins}-delete-second-permission"] = policy()
    return {**answers, f"{begins}-delete-non-existent-label": remove(second)}


def exclusive_encryption(ask: Asker) -> Answers:
    error = ask.set(ask.queue(), KmsMasterKeyId="testKeyId", SqsManagedSseEnabled="true")["Error"]
    text = f"An error occurred ({error['Code']}) when calling the SetQueueAttributes operation: {error['Message']}"
    return {"error": text}


def encryption(ask: Asker) -> Answers:
    names = ("KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled")
    kms, own = ask.queue(), ask.queue()
    ask.set(kms, KmsMasterKeyId="testKeyId", KmsDataKeyReusePeriodSeconds="6000", SqsManagedSseEnabled="false")
    ask.set(own, SqsManagedSseEnabled="true")
    return {"sse_kms_attributes": ask.attributes(kms, *names), "sse_sqs_attributes": ask.attributes(own, *names)}


def tags(ask: Asker) -> Answers:
    url = ask.queue()
    ask("tag_queue", QueueUrl=url, Tags={"tag1": "value1", "tag2": "value2", "tag3": ""})
    answers = {"get-tag-1": ask("list_queue_tags", QueueUrl=url)}
    ask("untag_queue", QueueUrl=url, TagKeys=["tag1", "tag3"])
    answers["get-tag-2"] = ask("list_queue_tags", QueueUrl=url)
    ask("untag_queue", QueueUrl=url, TagKeys=["tag2"])
    return {**answers, "get-tag-after-untag": ask("list_queue_tags", QueueUrl=url)}


def json_on_queue_url(ask: Asker) -> Answers:
    url = ask.queue()
    return {"receive-json-on-queue-url": ask.cloud.client(url=url).receive_message(QueueUrl=url)}


Ask = Callable[[Asker], Answers]
_LONG_ID = "testLongId" * 10
_GROUP = {"empty": "", "spaces": "group 123", "too_long": "a" * 129}

# By area, and by the name of a recorded test; `{}` is the protocol
BOTH: dict[str, dict[str, Ask]] = {
    "queues": {
        "create_and_update_queue_attributes[{}]": create_and_update,
        "create_fifo_queue_with_different_attributes_raises_error[{}]": create_different_fifo,
        "create_queue_with_different_attributes_raises_exception[{}]": create_different,
        "fifo_set_content_based_deduplication_strategy[{}]": deduplication_strategy,
        "set_queue_attributes_default_values[{}]": default_values,
        "set_unsupported_attribute_fifo[{}]": unsupported_fifo,
        "set_unsupported_attribute_standard[{}]": unsupported_standard,
        "sqs_permission_lifecycle[{}]": permissions,
        "sse_kms_and_sqs_are_mutually_exclusive[{}]": exclusive_encryption,
        "sse_queue_attributes[{}]": encryption,
        "tag_untag_queue[{}]": tags,
    },
    "sending and receiving": {
        "change_message_visibility_after_visibility_timeout_expiration[{}]": change_after_expiration,
        "receive_empty_queue[{}]": empty_queue,
        "receive_message_message_attribute_names_filters[{}]": attribute_filters,
        "receive_message_message_system_attribute_names_filters[{}]": system_attribute_filters,
        "send_oversized_message[{}]": oversized,
        "send_receive_max_number_of_messages[{}]": too_many_messages,
    },
    "batches": {
        "delete_message_batch_with_too_large_batch[{}]": too_large_batch,
        "too_many_entries_in_batch_request[{}]": too_many_entries,
        "send_batch_missing_deduplication_id_for_fifo_queue[{}]": lambda ask: missing_in_batch(
            ask, "test_missing_deduplication_id_for_fifo_queue", {"MessageGroupId": "group"}
        ),
        "send_batch_missing_message_group_id_for_fifo_queue[{}]": lambda ask: missing_in_batch(
            ask, "test_missing_message_group_id_for_fifo_queue", {"MessageDeduplicationId": "2"}
        ),
        **{
            f"delete_message_batch_invalid_msg_id[{{}}-{id_}]": lambda ask, id_=id_: invalid_entry_id(ask, id_)  # type: ignore[misc]
            for id_ in ("", "invalid:id", _LONG_ID)
        },
    },
    "FIFO": {
        "fifo_change_to_regular_throughput_after_creation[{}]": regular_throughput,
        "fifo_deduplication_not_on_message_group_id[{}-True]": lambda ask: not_on_group(ask, by_content=True),
        "fifo_deduplication_not_on_message_group_id[{}-False]": lambda ask: not_on_group(ask, by_content=False),
        "fifo_delete_after_visibility_timeout_extended[{}]": delete_after_extension,
        "fifo_empty_message_groups_added_back_to_queue[{}]": emptied_group,
        **{
            f"fifo_group_visibility_extends_with_change_message_visibility[{{}}-{name}]": (
                lambda ask, position=position: extended_in_group(ask, position)  # type: ignore[misc]
            )
            for position, names in enumerate(
                (("0-visible", "all-invisible"), ("1-visible", "1-invisible"), ("2-visible", "no-invisible"))
            )
            for name in names
        },
        "fifo_message_attributes[{}]": fifo_attributes,
        "fifo_queue_send_message_with_zero_delay_defaults_to_queue_delay[{}]": zero_delay,
        "sqs_fifo_message_group_scope_no_throughput_setting[{}]": lambda ask: scope_without_limit(ask, scope=True),
        "sqs_fifo_same_dedup_id_different_message_groups[{}]": lambda ask: scope_without_limit(ask, scope=False),
    },
}
JSON_ONLY: dict[str, dict[str, Ask]] = {
    "sending and receiving": {
        "dead_letter_queue_message_attributes": dead_letters,
        "send_message_via_queue_url_with_json_protocol": json_on_queue_url,
        **{
            f"send_message_to_standard_queue_with_invalid_message_group_id[{name}]": (
                lambda ask, id_=id_: invalid_group_id(ask, id_)  # type: ignore[misc]
            )
            for name, id_ in _GROUP.items()
        },
    },
    "batches": {"send_batch_message_size": batch_message_size},
    "FIFO": {
        f"message_deduplication_id_invalid[{name}]": lambda ask, id_=id_: invalid_deduplication_id(ask, id_)  # type: ignore[misc]
        for name, id_ in _GROUP.items()
    },
}


def cases() -> Iterator[tuple[str, str, str, Ask]]:
    """Area, protocol, name of the recorded test, and what asks."""
    for area, tests in BOTH.items():
        for name, ask in tests.items():
            for protocol, recorded in (("json", "sqs"), ("query", "sqs_query")):
                yield area, protocol, f"test_{name.format(recorded)}", ask
    for area, tests in JSON_ONLY.items():
        for name, ask in tests.items():
            yield area, "json", f"test_{name}", ask
