"""Whatever the file asks for: once it has been applied, there is nothing to do."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.request import Request, urlopen

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from esb_provisioner.desired import Desired, parse, types_of
from esb_provisioner.observed import Observed
from esb_provisioner.plan import plan
from esb_provisioner.provisioning import Progress, carry_out
from esb_provisioner.report import Exit
from esb_provisioner.resources.resource_type import Definition
from esb_provisioner.servers.clients import Servers
from esb_provisioner.servers.settings import Credentials, Settings
from esb_provisioner.services.dynamodb.definition import Table
from esb_provisioner.services.dynamodb.read import ObservedTable
from esb_provisioner.services.s3.definition import Bucket
from esb_provisioner.services.s3.read import ObservedBucket
from esb_schemas.validation.loading import validate
from tests.provisioner.fakes import FakeClock, preview

NUMBER = st.integers(1, 40)
DIGITS = NUMBER | NUMBER.map(str)
THROUGHPUT = st.fixed_dictionaries({"ReadCapacityUnits": DIGITS, "WriteCapacityUnits": DIGITS})
TAGS = st.dictionaries(st.sampled_from("abcdef"), st.text("xyz", max_size=3), min_size=1, max_size=4).map(
    lambda tags: [{"Key": key, "Value": value} for key, value in tags.items()]
)
PROJECTION = st.sampled_from(
    [
        {"ProjectionType": "ALL"},
        {"ProjectionType": "KEYS_ONLY"},
        {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["z", "y"]},
    ]
)
STREAM = st.sampled_from(["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]).map(
    lambda view: {"StreamEnabled": True, "StreamViewType": view}
) | st.just({"StreamEnabled": False})


def key(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)]


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """An entry of `DynamoDB`; key attributes are named by letters."""
    mode = draw(st.sampled_from(["PAY_PER_REQUEST", "PROVISIONED", None]))
    table_key = draw(st.sampled_from([("a",), ("a", "b")]))
    index_keys = draw(st.lists(st.permutations("abcd").map(lambda names: tuple(names[:2])), max_size=3, unique=True))
    local_keys = draw(st.sets(st.sampled_from("bcde"), max_size=2)) if len(table_key) > 1 else set()
    entry: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "TimeToLiveSpecification": st.fixed_dictionaries(
                    {"Enabled": st.booleans(), "AttributeName": st.sampled_from(["ttl", "expires"])}
                ),
                "PointInTimeRecoverySpecification": st.fixed_dictionaries(
                    {"PointInTimeRecoveryEnabled": st.booleans()}
                ),
                "StreamSpecification": STREAM,
                "SSESpecification": st.fixed_dictionaries({"Enabled": st.booleans()}),
                "DeletionProtectionEnabled": st.booleans(),
                "Tags": TAGS,
            },
        )
    )
    given_throughput: dict[str, Any] = {} if mode == "PAY_PER_REQUEST" else {"ProvisionedThroughput": THROUGHPUT}
    optional = st.fixed_dictionaries({}, optional=given_throughput)
    if index_keys:
        entry["GlobalSecondaryIndexes"] = [
            {
                "IndexName": f"global-{number}",
                "KeySchema": key(*names),
                "Projection": draw(PROJECTION),
                **draw(optional),
            }
            for number, names in enumerate(index_keys)
        ]
    if local_keys:
        entry["LocalSecondaryIndexes"] = [
            {"IndexName": f"local-{name}", "KeySchema": key("a", name), "Projection": draw(PROJECTION)}
            for name in sorted(local_keys)
        ]
    used = sorted({*table_key, *(name for names in index_keys for name in names), *local_keys})
    return {
        "TableName": draw(st.sampled_from(["Orders", "Users", "a.b-c_d"])),
        "KeySchema": key(*table_key),
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": draw(st.sampled_from("SNB"))}
            for name in draw(st.permutations(used))
        ],
        **({"BillingMode": mode} if mode else {}),
        **draw(optional),
        **entry,
    }


CORS_RULE = st.fixed_dictionaries(
    {
        "AllowedMethods": st.lists(st.sampled_from(["GET", "PUT", "POST"]), min_size=1, unique=True),
        "AllowedOrigins": st.lists(st.sampled_from(["*", "http://a", "http://b"]), min_size=1, unique=True),
    },
    optional={
        "MaxAgeSeconds": DIGITS,
        "AllowedHeaders": st.just(["*"]),
        "ExposeHeaders": st.lists(st.sampled_from(["ETag", "x-a"]), min_size=1, unique=True),
    },
)
PLACE = st.sampled_from(
    [
        {"Filter": {}},
        {"Filter": {"Prefix": "a/"}},
        {"Filter": {"Tag": {"Key": "t", "Value": "1"}}},
        {"Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "t", "Value": "1"}, {"Key": "u", "Value": "2"}]}}},
        {"Prefix": "b/"},
    ]
)
ACTIONS = st.fixed_dictionaries(
    {"Expiration": st.fixed_dictionaries({"Days": DIGITS})},
    optional={
        "NoncurrentVersionExpiration": st.fixed_dictionaries({"NoncurrentDays": DIGITS}),
        "Transitions": st.just(
            [{"Days": 400, "StorageClass": "GLACIER"}, {"Days": 900, "StorageClass": "DEEP_ARCHIVE"}]
        ),
    },
) | st.just({"Expiration": {"Date": "2031-05-01"}})
LIFECYCLE_RULE = st.builds(
    lambda place, actions, status, rule_id: {"Status": status, **place, **actions, **rule_id},
    PLACE,
    ACTIONS,
    st.sampled_from(["Enabled", "Disabled"]),
    st.sampled_from([{}, {"ID": "named"}]),
)
ASPECTS: Mapping[str, st.SearchStrategy[Any]] = {
    "VersioningConfiguration": st.fixed_dictionaries({"Status": st.sampled_from(["Enabled", "Suspended"])}),
    "CORSConfiguration": st.fixed_dictionaries({"CORSRules": st.lists(CORS_RULE, min_size=1, max_size=3)}),
    "LifecycleConfiguration": st.fixed_dictionaries(
        {"Rules": st.lists(LIFECYCLE_RULE, min_size=1, max_size=3, unique_by=lambda rule: rule.get("ID", id(rule)))}
    ),
    "Tagging": st.fixed_dictionaries({"TagSet": TAGS}),
    "ServerSideEncryptionConfiguration": st.sampled_from(["AES256", "aws:kms"]).map(
        lambda algorithm: {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}]}
    ),
    "PublicAccessBlockConfiguration": st.dictionaries(
        st.sampled_from(["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]),
        st.booleans(),
        min_size=1,
    ),
    "OwnershipControls": st.sampled_from(["BucketOwnerPreferred", "ObjectWriter"]).map(
        lambda owner: {"Rules": [{"ObjectOwnership": owner}]}
    ),
    # moto shows only one of the two grants of public-read-write.
    "ACL": st.sampled_from(["private", "public-read", "authenticated-read"]),
}
BUCKETS = st.fixed_dictionaries({"BucketName": st.sampled_from(["media", "logs", "x.y-z"])}, optional=dict(ASPECTS))
DOCUMENTS = st.fixed_dictionaries(
    {
        "DynamoDB": st.lists(tables(), max_size=3, unique_by=lambda entry: entry["TableName"]),
        "S3": st.lists(BUCKETS, max_size=3, unique_by=lambda entry: entry["BucketName"]),
    }
)


def state_after(desired: Desired) -> Observed:
    """What AWS shows once the file has been applied: with its own additions, and its own order."""
    return {resource: after(each.definition) for resource, each in desired.items()}


def after(definition: Definition) -> ObservedTable | ObservedBucket:
    match definition:
        case Table():
            return table_after(definition)
        case Bucket():
            return bucket_after(definition)
        case _:
            raise AssertionError(definition)


def table_after(table: Table) -> ObservedTable:
    definition = table.definition
    streams = definition.get("StreamSpecification", {}).get("StreamEnabled")
    zero = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
    description = {
        "TableName": table.name,
        "TableArn": f"arn:aws:dynamodb:us-east-1:123456789012:table/{table.name}",
        "TableStatus": "ACTIVE",
        "KeySchema": definition["KeySchema"],
        "AttributeDefinitions": list(reversed(definition["AttributeDefinitions"])),
        "ProvisionedThroughput": {"NumberOfDecreasesToday": 0, **definition.get("ProvisionedThroughput", zero)},
        "DeletionProtectionEnabled": definition.get("DeletionProtectionEnabled", False),
        "GlobalSecondaryIndexes": [
            {"IndexStatus": "ACTIVE", "ProvisionedThroughput": zero, **index}
            for index in reversed(definition.get("GlobalSecondaryIndexes", []))
        ],
        "LocalSecondaryIndexes": definition.get("LocalSecondaryIndexes", []),
    }
    if definition["BillingMode"] == "PAY_PER_REQUEST":
        description["BillingModeSummary"] = {"BillingMode": "PAY_PER_REQUEST"}
    if streams:
        description["StreamSpecification"] = definition["StreamSpecification"]
    if definition.get("SSESpecification", {}).get("Enabled"):
        description["SSEDescription"] = {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": "arn:aws:kms:key/1"}
    ttl, recovery = table.time_to_live, table.recovery
    on = recovery is not None and recovery["PointInTimeRecoveryEnabled"]
    return ObservedTable(
        description,
        {"TimeToLiveStatus": "ENABLED", "AttributeName": ttl["AttributeName"]} if ttl and ttl["Enabled"] else {},
        {"PointInTimeRecoveryStatus": "ENABLED" if on else "DISABLED"},
        table.tags | {"theirs": "1"},
    )


def bucket_after(bucket: Bucket) -> ObservedBucket:
    settings = dict(bucket.settings)
    for section, rules in (("CORSConfiguration", "CORSRules"), ("LifecycleConfiguration", "Rules")):
        if section in settings:
            numbered = enumerate(settings[section][rules])
            settings[section] = {rules: [{"ID": f"made-{number}"} | rule for number, rule in numbered]}
    return ObservedBucket(settings)


@given(DOCUMENTS)
@settings(deadline=None, max_examples=150)
def test_nothing_is_left_to_do_after_the_plan(document: dict[str, Any]) -> None:
    validate("resources", document)
    desired = parse(document)
    assert str(plan(desired, state_after(desired))) == ""


@given(DOCUMENTS)
@settings(deadline=None, max_examples=50)
def test_a_plan_only_depends_on_what_goes_in_and_names_every_resource_once(document: dict[str, Any]) -> None:
    desired = parse(document)
    first = plan(desired, {})
    assert first == plan(parse(document), {})
    created = [operation.resource for operation in first.operations if operation.creates]
    assert created == sorted(desired)


@pytest.mark.server
# The server is a thread of this process, and may use `random` while an example is drawn.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning")
@given(DOCUMENTS)
@settings(deadline=None, max_examples=12, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
def test_a_real_server_agrees(moto_url: str, document: dict[str, Any]) -> None:
    with urlopen(Request(f"{moto_url}/moto-api/reset", method="POST")):
        pass
    desired = parse(document)
    where = Settings({"dynamodb": moto_url, "s3": moto_url}, "us-east-1", Credentials("key", "secret"))
    servers = Servers(where, types_of(desired))
    with ThreadPoolExecutor(4) as pool:
        report = carry_out(desired, servers, pool, FakeClock(), Progress())
        assert (report.exit_code, [result.problems for result in report.results if result.problems]) == (Exit.DONE, [])
        assert str(preview(desired, servers, pool)) == ""
