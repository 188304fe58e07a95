"""SNS topics and their subscriptions: the section `SNS` of resources.yml."""

from esb_provisioner.resources.resource_type import ResourceType
from esb_provisioner.services.sns.aspects import aspects, create
from esb_provisioner.services.sns.calls import BACKEND, CALLS, error_rule
from esb_provisioner.services.sns.definition import parse
from esb_provisioner.services.sns.read import ObservedTopic, list_topics, read

TOPIC = ResourceType(
    kind="topic",
    section="SNS",
    backend=BACKEND,
    calls=CALLS,
    parse=parse,
    list_names=list_topics,
    read=read,
    create=create,
    aspects=aspects,
    nothing=ObservedTopic(""),
    error_rule=error_rule,
)
