"""SQS queues: the section `SQS` of resources.yml."""

from esb_provisioner.resources.resource_type import ResourceType
from esb_provisioner.services.sqs.aspects import aspects, create
from esb_provisioner.services.sqs.calls import BACKEND, CALLS, error_rule
from esb_provisioner.services.sqs.definition import parse
from esb_provisioner.services.sqs.read import ObservedQueue, list_queues, read

QUEUE = ResourceType(
    kind="queue",
    section="SQS",
    backend=BACKEND,
    calls=CALLS,
    parse=parse,
    list_names=list_queues,
    read=read,
    create=create,
    aspects=aspects,
    nothing=ObservedQueue(""),
    list_lags=True,  # ListQueues lacks queues of the last minute
    error_rule=error_rule,
)
