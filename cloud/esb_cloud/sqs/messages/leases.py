"""Operations on a receipt handle: DeleteMessage and ChangeMessageVisibility, their batches, and undoing receives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from esb_cloud.aws.service import Call, Result
from esb_cloud.sql.tables.messages import Lease
from esb_cloud.sql.tables.queues import Queue
from esb_cloud.sql.transaction import Transaction
from esb_cloud.sqs.errors import invalid_value, missing
from esb_cloud.sqs.messages import receipts
from esb_cloud.sqs.messages.batches import each_entry
from esb_cloud.sqs.messages.receipts import Receipt
from esb_cloud.sqs.queues.addresses import by_url, queue_of
from esb_cloud.sqs.queues.queue_attributes import MAX_VISIBILITY, is_fifo
from esb_cloud.sqs.wakeup import wake


def delete_message(transaction: Transaction, call: Call) -> Result:
    queue, handle = queue_of(transaction, call), call.parameters["ReceiptHandle"]
    if is_fifo(queue):
        return _delete_in_order(transaction, queue, handle)
    _delete_all(transaction, queue, [receipts.read(handle)])
    return {}


def delete_message_batch(transaction: Transaction, call: Call) -> Result:
    queue = queue_of(transaction, call)
    if is_fifo(queue):
        return each_entry(call, "DeleteMessage", lambda entry: _delete_in_order(transaction, queue, _handle(entry)))
    found: list[Receipt] = []

    def read(entry: Mapping[str, Any]) -> Result:
        found.append(receipts.read(_handle(entry)))
        return {}

    result = each_entry(call, "DeleteMessage", read)
    _delete_all(transaction, queue, found)
    return result


def change_message_visibility(transaction: Transaction, call: Call) -> Result:
    queue, parameters = queue_of(transaction, call), call.parameters
    return _change(transaction, queue, parameters["ReceiptHandle"], parameters["VisibilityTimeout"])


def change_message_visibility_batch(transaction: Transaction, call: Call) -> Result:
    queue = queue_of(transaction, call)

    def change(entry: Mapping[str, Any]) -> Result:
        if "VisibilityTimeout" not in entry:
            raise missing("VisibilityTimeout")
        return _change(transaction, queue, _handle(entry), entry["VisibilityTimeout"])

    return each_entry(call, "ChangeMessageVisibility", change)


def undo_receives(transaction: Transaction, call: Call) -> Result:
    """Make messages visible again as if they had not been received; handles that do not count any more are ignored.

    For a poller that found nobody to hand them to: its receive must not bring them nearer to the dead-letter queue.
    """
    queue = by_url(transaction, call.parameters["name"])
    for handle in call.parameters["ReceiptHandles"]:
        receipt = receipts.read(handle)
        lease = transaction.messages.lease(queue, receipt.row)
        if lease is not None and _is_current(receipt, lease) and lease.visible > transaction.now:
            transaction.messages.undo_receive(queue, receipt.row, lease.group, transaction.now)
            wake(transaction, queue)
    return {}


def _delete_all(transaction: Transaction, queue: Queue, found: Sequence[Receipt]) -> None:
    """Delete messages of a standard queue. The handle of an earlier delivery deletes nothing, without an error."""
    leases = transaction.messages.leases(queue, [receipt.row for receipt in found])
    rows = {receipt.row for receipt in found if _is_current(receipt, leases.get(receipt.row))}
    if rows:
        transaction.messages.remove(queue, sorted(rows))


def _delete_in_order(transaction: Transaction, queue: Queue, handle: str) -> Result:
    """Delete a message of a FIFO queue. The handle must be that of the last delivery, and not have expired."""
    receipt = receipts.read(handle)
    lease = transaction.messages.lease(queue, receipt.row)
    if lease is None or not receipt.is_of(lease.message_id):
        return {}
    if not _is_current(receipt, lease) or lease.visible <= transaction.now:
        raise _expired(handle)
    transaction.messages.remove(queue, [receipt.row], lease.group)
    wake(transaction, queue)
    return {}


def _is_current(receipt: Receipt, lease: Lease | None) -> bool:
    """Whether the receipt is that of the message's last delivery."""
    return (
        lease is not None
        and lease.receives == receipt.receives
        and receipt.is_of(lease.message_id)
        and receipt.received in (None, lease.received)
    )


def _change(transaction: Transaction, queue: Queue, handle: str, seconds: int) -> Result:
    receipt = receipts.read(handle)
    if not 0 <= seconds <= MAX_VISIBILITY:
        raise invalid_value(seconds, "VisibilityTimeout", "Must be between 0 and 43200, if provided.")
    lease = transaction.messages.lease(queue, receipt.row)
    if lease is None or not _is_current(receipt, lease):
        reason = "Message does not exist or is not available for visibility timeout change."
        raise invalid_value(handle, "ReceiptHandle", reason)
    if is_fifo(queue) and lease.visible <= transaction.now:
        raise _expired(handle)
    if lease.received is not None and transaction.now + seconds > lease.received + MAX_VISIBILITY:
        reason = f"Total VisibilityTimeout for the message is beyond the limit [{MAX_VISIBILITY} seconds]."
        raise invalid_value(seconds, "VisibilityTimeout", reason)
    transaction.messages.hide(queue, receipt.row, lease.group, transaction.now + seconds)
    wake(transaction, queue)
    return {}


def _expired(handle: str) -> Exception:
    return invalid_value(handle, "ReceiptHandle", "The receipt handle has expired.")


def _handle(entry: Mapping[str, Any]) -> str:
    handle: str | None = entry.get("ReceiptHandle")
    if handle is None:
        raise missing("ReceiptHandle")
    return handle
