"""SQS: all operations of its API, in the JSON protocol and in the Query protocol of older SDKs.

What is answered is what AWS was recorded to answer, then what its API reference says.
"""

from __future__ import annotations

from typing import Final

from esb_cloud.aws.query_protocol import QueryDialect
from esb_cloud.aws.service import Operation, Page, Section, Service
from esb_cloud.aws.shapes import EMPTY
from esb_cloud.sqs import in_flight, section, shapes
from esb_cloud.sqs.errors import MISSING, QUERY_CODES
from esb_cloud.sqs.messages import leases, move_tasks, receiving, retention, sending
from esb_cloud.sqs.queues import observing, permissions, queue_operations, tags
from esb_schemas.endpoints import SIGNED, Endpoint

_NAMESPACE: Final = "http://queue.amazonaws.com/doc/2012-11-05/"

SERVICE: Final = Service(
    name="sqs",
    signing_name="sqs",
    target="AmazonSQS",
    json_version="1.0",
    query=QueryDialect("2012-11-05", _NAMESPACE, detail=True),
    query_codes=QUERY_CODES,
    missing_code=MISSING,
    operations={
        "AddPermission": Operation(permissions.add_permission, shapes.ADD_PERMISSION),
        "CancelMessageMoveTask": Operation(
            move_tasks.cancel_message_move_task, shapes.CANCEL_MOVE, shapes.MOVE_CANCELLED
        ),
        "ChangeMessageVisibility": Operation(leases.change_message_visibility, shapes.CHANGE),
        "ChangeMessageVisibilityBatch": Operation(
            leases.change_message_visibility_batch, shapes.CHANGE_BATCH, shapes.CHANGED_BATCH
        ),
        "CreateQueue": Operation(queue_operations.create_queue, shapes.CREATE, shapes.QUEUE_URL),
        "DeleteMessage": Operation(leases.delete_message, shapes.DELETE),
        "DeleteMessageBatch": Operation(leases.delete_message_batch, shapes.DELETE_BATCH, shapes.DELETED_BATCH),
        "DeleteQueue": Operation(queue_operations.delete_queue, shapes.QUEUE),
        "GetQueueAttributes": Operation(
            queue_operations.get_queue_attributes, shapes.GET_ATTRIBUTES, shapes.ATTRIBUTES
        ),
        "GetQueueUrl": Operation(queue_operations.get_queue_url, shapes.GET_URL, shapes.QUEUE_URL),
        "ListDeadLetterSourceQueues": Operation(
            queue_operations.list_dead_letter_source_queues, shapes.LIST_SOURCES, shapes.SOURCES
        ),
        "ListMessageMoveTasks": Operation(move_tasks.list_message_move_tasks, shapes.LIST_MOVES, shapes.MOVES),
        "ListQueueTags": Operation(tags.list_queue_tags, shapes.QUEUE, shapes.TAGS),
        "ListQueues": Operation(queue_operations.list_queues, shapes.LIST, shapes.LISTED),
        "PurgeQueue": Operation(queue_operations.purge_queue, shapes.QUEUE),
        # If a power cut undoes a receive, its messages are visible again at once, as if they had never been received.
        "ReceiveMessage": Operation(receiving.receive_message, shapes.RECEIVE, shapes.RECEIVED, synced=False),
        "RemovePermission": Operation(permissions.remove_permission, shapes.REMOVE_PERMISSION),
        "SendMessage": Operation(sending.send_message, shapes.SEND, shapes.SENT),
        "SendMessageBatch": Operation(sending.send_message_batch, shapes.SEND_BATCH, shapes.SENT_BATCH),
        "SetQueueAttributes": Operation(queue_operations.set_queue_attributes, shapes.SET_ATTRIBUTES),
        "StartMessageMoveTask": Operation(move_tasks.start_message_move_task, shapes.START_MOVE, shapes.MOVE_STARTED),
        "TagQueue": Operation(tags.tag_queue, shapes.TAG),
        "UntagQueue": Operation(tags.untag_queue, shapes.UNTAG),
    },
    sections=(Section("SQS", section.create, section.order),),
    pages=(
        Page(
            Endpoint(
                "GET",
                "/_esb/queues",
                SIGNED,
                "each queue: messages that are visible, in flight and delayed, the age of the oldest in seconds, its "
                "dead-letter queue, and the queues whose dead letters it gets",
            ),
            Operation(observing.list_depths, EMPTY, synced=False),
        ),
        Page(
            Endpoint(
                "GET",
                "/_esb/in-flight",
                SIGNED,
                "messages that were received, and deliveries to functions and endpoints: "
                "[events in flight](queues.md#events-in-flight)",
            ),
            Operation(in_flight.list_events, EMPTY, synced=False),
        ),
        Page(
            Endpoint(
                "GET",
                "/_esb/queues/{name}/wait",
                SIGNED,
                '`{"visible": N}` as soon as something can be received, or after that time. Receives nothing',
                "seconds=20",
            ),
            Operation(observing.wait_for_messages, shapes.WATCH, synced=False),
        ),
        Page(
            Endpoint(
                "POST",
                "/_esb/queues/{name}/undo-receives",
                SIGNED,
                "makes messages visible that were received, and counts one receive less: for a poller that has nobody "
                "to hand them to",
                "ReceiptHandle.1=…&ReceiptHandle.2=…",
            ),
            Operation(leases.undo_receives, shapes.UNDO_RECEIVES, synced=False),
        ),
    ),
    gauges=observing.gauges,
    background=(retention.remove_old, move_tasks.move_messages),
)
