"""S3 buckets: the section `S3` of resources.yml."""

from esb_provisioner.resources.resource_type import ResourceType
from esb_provisioner.services.s3.aspects import aspects, create
from esb_provisioner.services.s3.calls import BACKEND, CALLS, error_rule
from esb_provisioner.services.s3.contents import Objects
from esb_provisioner.services.s3.definition import INTEGERS, parse
from esb_provisioner.services.s3.read import ObservedBucket, list_buckets, read
from esb_provisioner.services.s3.webhook import in_environment, self_test

BUCKET = ResourceType(
    kind="bucket",
    section="S3",
    backend=BACKEND,
    calls=CALLS,
    parse=parse,
    list_names=list_buckets,
    read=read,
    create=create,
    aspects=aspects,
    nothing=ObservedBucket(),
    integers=INTEGERS,
    error_rule=error_rule,
    contents=Objects(),
    in_environment=in_environment,
    self_test=self_test,
)
