"""An independent reader: what of a document is not so on a server, found with plain boto3.

It shares no code with the provisioner, so that it can judge it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from botocore.exceptions import BotoCoreError, ClientError

Entry: TypeAlias = Mapping[str, Any]
Client: TypeAlias = Any


def differences(dynamodb: Client, s3: Client, document: Mapping[str, Any]) -> dict[str, set[str]]:
    """By the name of each table and bucket, the keys of the file that are not so; "missing" if it does not exist.

    A key that the server refuses to return is not so either.
    """
    tables = {entry["TableName"]: set(_table(dynamodb, entry)) for entry in document.get("DynamoDB", ())}
    buckets = {entry["BucketName"]: set(_bucket(s3, entry)) for entry in document.get("S3", ())}
    return {name: found for name, found in (tables | buckets).items() if found}


def _table(client: Client, entry: Entry) -> Iterator[str]:
    name = entry["TableName"]
    if name not in [each for page in client.get_paginator("list_tables").paginate() for each in page["TableNames"]]:
        yield "missing"
        return
    table = client.describe_table(TableName=name)["Table"]
    if table["TableStatus"] != "ACTIVE":
        yield "TableStatus"
    if table["KeySchema"] != entry["KeySchema"]:
        yield "KeySchema"
    yield from (f"index {name}" for name in _indexes(table, entry, "GlobalSecondaryIndexes"))
    yield from (f"local index {name}" for name in _indexes(table, entry, "LocalSecondaryIndexes"))
    for key, check in TABLE_CHECKS.items():
        if key in entry and not _holds(check, client, entry[key], table):
            yield key


def _indexes(table: Entry, entry: Entry, key: str) -> Iterator[str]:
    """The names of the indexes that one side alone has, or that differ in keys, types or projection."""
    there, wanted = ({each["IndexName"]: each for each in side.get(key) or ()} for side in (table, entry))
    yield from there.keys() ^ wanted.keys()
    before, after = (
        {each["AttributeName"]: each["AttributeType"] for each in side["AttributeDefinitions"]}
        for side in (table, entry)
    )
    for name in there.keys() & wanted.keys():
        attributes = [part["AttributeName"] for part in wanted[name]["KeySchema"]]
        same = there[name]["KeySchema"] == wanted[name]["KeySchema"]
        same &= [before.get(each) for each in attributes] == [after.get(each) for each in attributes]
        projection, least = there[name]["Projection"], wanted[name]["Projection"]
        same &= projection["ProjectionType"] in ("ALL", least["ProjectionType"])
        if not same:
            yield name


def _units(definition: Entry) -> list[int]:
    throughput = definition.get("ProvisionedThroughput", {})
    return [int(throughput.get(f"{kind}CapacityUnits", 0)) for kind in ("Read", "Write")]


def _billing(_client: Client, wanted: str, table: Entry) -> bool:
    by_request = _units(table) == [0, 0] or table.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST"
    return by_request == (wanted == "PAY_PER_REQUEST")


def _stream(_client: Client, wanted: Entry, table: Entry) -> bool:
    there = table.get("StreamSpecification", {})
    return bool(there.get("StreamEnabled")) == wanted["StreamEnabled"] and (
        not wanted["StreamEnabled"] or there["StreamViewType"] == wanted["StreamViewType"]
    )


def _expires(client: Client, wanted: Entry, table: Entry) -> bool:
    there = client.describe_time_to_live(TableName=table["TableName"])["TimeToLiveDescription"]
    on = there.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
    return on == wanted["Enabled"] and (not on or there["AttributeName"] == wanted["AttributeName"])


def _recovery(client: Client, wanted: Entry, table: Entry) -> bool:
    answer = client.describe_continuous_backups(TableName=table["TableName"])["ContinuousBackupsDescription"]
    status = answer["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
    return bool((status == "ENABLED") == wanted["PointInTimeRecoveryEnabled"])


def _table_tags(client: Client, wanted: list[Entry], table: Entry) -> bool:
    tags = client.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
    return all({"Key": each["Key"], "Value": each["Value"]} in tags for each in wanted)


def _encrypted(_client: Client, wanted: Entry, table: Entry) -> bool:
    return bool((table.get("SSEDescription", {}).get("Status") == "ENABLED") == wanted["Enabled"])


def _class(_client: Client, wanted: str, table: Entry) -> bool:
    return bool(table.get("TableClassSummary", {}).get("TableClass", "STANDARD") == wanted)


Check: TypeAlias = Callable[[Client, Any, Any], bool]
TABLE_CHECKS: Mapping[str, Check] = {
    "BillingMode": _billing,
    "ProvisionedThroughput": lambda _client, wanted, table: _units({"ProvisionedThroughput": wanted}) == _units(table),
    "StreamSpecification": _stream,
    "TimeToLiveSpecification": _expires,
    "PointInTimeRecoverySpecification": _recovery,
    "Tags": _table_tags,
    "SSESpecification": _encrypted,
    "TableClass": _class,
    "DeletionProtectionEnabled": lambda _client, wanted, table: table.get("DeletionProtectionEnabled") == wanted,
}


def _holds(check: Check, client: Client, wanted: Any, what: Any) -> bool:
    try:
        return check(client, wanted, what)
    except (BotoCoreError, ClientError, KeyError):
        return False


def _bucket(client: Client, entry: Entry) -> Iterator[str]:
    if entry["BucketName"] not in [each["Name"] for each in client.list_buckets().get("Buckets", ())]:
        yield "missing"
        return
    for key, check in BUCKET_CHECKS.items():
        if key in entry and not _holds(check, client, entry[key], entry["BucketName"]):
            yield key


def _versioned(client: Client, wanted: Entry, bucket: str) -> bool:
    status = client.get_bucket_versioning(Bucket=bucket).get("Status", "Suspended")
    return bool(status == wanted["Status"])


def _cors(client: Client, wanted: Entry, bucket: str) -> bool:
    def plain(rules: list[Entry]) -> list[Any]:
        return [(sorted(rule["AllowedMethods"]), sorted(rule["AllowedOrigins"])) for rule in rules]

    return plain(client.get_bucket_cors(Bucket=bucket)["CORSRules"]) == plain(wanted["CORSRules"])


def _lifecycle(client: Client, wanted: Entry, bucket: str) -> bool:
    def plain(rules: list[Entry]) -> list[Any]:
        days = [
            (rule["Status"], int(rule.get("Expiration", {}).get("Days", 0)), bool(rule.get("Transitions")))
            for rule in rules
        ]
        return sorted(days)

    return plain(client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]) == plain(wanted["Rules"])


def _bucket_tags(client: Client, wanted: Entry, bucket: str) -> bool:
    tags = client.get_bucket_tagging(Bucket=bucket)["TagSet"]
    return all(each in tags for each in wanted["TagSet"])


def _bucket_encryption(client: Client, wanted: Entry, bucket: str) -> bool:
    there = client.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    rules = [side["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] for side in (there, wanted)]
    return bool(rules[0] == rules[1])


def _access_block(client: Client, wanted: Entry, bucket: str) -> bool:
    there = client.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    return all(there.get(key) == value for key, value in wanted.items())


def _ownership(client: Client, wanted: Entry, bucket: str) -> bool:
    there = client.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    return bool(there["Rules"][0]["ObjectOwnership"] == wanted["Rules"][0]["ObjectOwnership"])


def _acl(client: Client, wanted: str, bucket: str) -> bool:
    grants = client.get_bucket_acl(Bucket=bucket).get("Grants", ())
    groups = {each["Permission"] for each in grants if each["Grantee"].get("URI", "").endswith("/AllUsers")}
    return groups == {"private": set(), "public-read": {"READ"}}[wanted]


BUCKET_CHECKS: Mapping[str, Check] = {
    "ACL": _acl,
    "OwnershipControls": _ownership,
    "VersioningConfiguration": _versioned,
    "CORSConfiguration": _cors,
    "LifecycleConfiguration": _lifecycle,
    "Tagging": _bucket_tags,
    "ServerSideEncryptionConfiguration": _bucket_encryption,
    "PublicAccessBlockConfiguration": _access_block,
}
