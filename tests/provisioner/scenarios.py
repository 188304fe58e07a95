"""What is done to each server: an entry is provisioned, changed, and provisioned again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

Entry: TypeAlias = Mapping[str, Any]

ONE = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
FIVE = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}


def attribute(name: str, kind: str = "S") -> dict[str, str]:
    return {"AttributeName": name, "AttributeType": kind}


def key(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)]


def index(name: str, *keys: str, projection: str = "ALL", **more: Any) -> dict[str, Any]:
    return {"IndexName": name, "KeySchema": key(*keys), "Projection": {"ProjectionType": projection}, **more}


TABLE: Final[dict[str, Any]] = {
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": key("id", "at"),
    "AttributeDefinitions": [attribute("id"), attribute("at")],
}
BY_EMAIL: Final[dict[str, Any]] = {
    "AttributeDefinitions": [*TABLE["AttributeDefinitions"], attribute("email")],
    "GlobalSecondaryIndexes": [index("by-email", "email")],
}
BY_CITY: Final[dict[str, Any]] = {
    "AttributeDefinitions": [*TABLE["AttributeDefinitions"], attribute("city")],
    "GlobalSecondaryIndexes": [index("by-city", "city")],
}
PROVISIONED: Final[dict[str, Any]] = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": ONE}
TABLE_SETTINGS: Final[dict[str, Any]] = {
    "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expires"},
    "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    "SSESpecification": {"Enabled": True},
    "DeletionProtectionEnabled": True,
    "TableClass": "STANDARD_INFREQUENT_ACCESS",
    "Tags": [{"Key": "team", "Value": "web"}],
}
EVERYTHING: Final = BY_EMAIL | TABLE_SETTINGS
BUCKET_SETTINGS: Final[dict[str, Any]] = {
    "OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
    "PublicAccessBlockConfiguration": {"BlockPublicPolicy": True},
    "ACL": "public-read",
    "VersioningConfiguration": {"Status": "Enabled"},
    "ServerSideEncryptionConfiguration": {
        "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
    },
    "CORSConfiguration": {"CORSRules": [{"AllowedMethods": ["PUT", "GET"], "AllowedOrigins": ["*"]}]},
    "LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "Filter": {}, "Expiration": {"Days": "30"}}]},
    "Tagging": {"TagSet": [{"Key": "team", "Value": "web"}]},
}
OTHER_SETTINGS: Final[dict[str, Any]] = {
    "ACL": "private",
    "VersioningConfiguration": {"Status": "Suspended"},
    "CORSConfiguration": {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["http://a"]}]},
    "LifecycleConfiguration": {
        "Rules": [
            {"Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 3}},
            {
                "Status": "Enabled",
                "Filter": {"Tag": {"Key": "a", "Value": "b"}},
                "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}],
            },
        ]
    },
    "Tagging": {"TagSet": [{"Key": "team", "Value": "shop"}]},
}


@dataclass(frozen=True)
class Scenario:
    """`before` is provisioned (None: nothing is), data is written, then `after` is provisioned, twice."""

    name: str
    section: str
    before: Entry | None
    after: Entry
    drift: bool = False

    def entry(self, given: Entry) -> dict[str, Any]:
        """An entry of the scenario's own name."""
        if self.section == "DynamoDB":
            return {"TableName": self.resource, **TABLE, **given}
        return {"BucketName": self.resource, **given}

    @property
    def resource(self) -> str:
        return "matrix-" + "".join(each if each.isalnum() else "-" for each in self.name.lower())


def table_scenarios() -> Iterator[Scenario]:
    def table(name: str, before: Entry | None, after: Entry, *, drift: bool = False) -> Scenario:
        return Scenario(f"table: {name}", "DynamoDB", before, after, drift)

    yield table("fresh", None, {})
    yield table("fresh, everything", None, EVERYTHING)
    yield table("fresh, provisioned", None, PROVISIONED | BY_EMAIL)
    yield table("again", EVERYTHING, EVERYTHING)
    for each, value in TABLE_SETTINGS.items():
        yield table(each, {}, {each: value})
    yield table(
        "expiry off",
        {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expires"}},
        {"TimeToLiveSpecification": {"Enabled": False, "AttributeName": "expires"}},
    )
    yield table(
        "expiry by another",
        {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "old"}},
        {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expires"}},
    )
    yield table(
        "stream off",
        {"StreamSpecification": TABLE_SETTINGS["StreamSpecification"]},
        {"StreamSpecification": {"StreamEnabled": False}},
    )
    yield table("to provisioned", BY_EMAIL, PROVISIONED | BY_EMAIL)
    yield table("to on demand", PROVISIONED, {"BillingMode": "PAY_PER_REQUEST"})
    yield table("throughput", PROVISIONED, PROVISIONED | {"ProvisionedThroughput": FIVE})
    yield table("new index", {}, BY_EMAIL)
    yield table("index removed", BY_EMAIL, {})
    yield table("index replaced", BY_EMAIL, BY_CITY)
    yield table("index, other key", BY_EMAIL, BY_CITY | {"GlobalSecondaryIndexes": [index("by-email", "city")]})
    yield table(
        "index, other type",
        BY_EMAIL,
        BY_EMAIL | {"AttributeDefinitions": [*TABLE["AttributeDefinitions"], attribute("email", "N")]},
    )
    yield table(
        "index, more projected",
        BY_EMAIL | {"GlobalSecondaryIndexes": [index("by-email", "email", projection="KEYS_ONLY")]},
        BY_EMAIL,
    )
    yield table("drift: key", {}, {"KeySchema": key("id"), "AttributeDefinitions": [attribute("id")]}, drift=True)
    yield table("drift: type", {}, {"AttributeDefinitions": [attribute("id", "N"), attribute("at")]}, drift=True)
    local = {
        "AttributeDefinitions": [*TABLE["AttributeDefinitions"], attribute("place")],
        "LocalSecondaryIndexes": [index("by-place", "id", "place")],
    }
    yield table("drift: local index", {}, local, drift=True)


def bucket_scenarios() -> Iterator[Scenario]:
    yield Scenario("bucket: fresh", "S3", None, {})
    yield Scenario("bucket: fresh, everything", "S3", None, BUCKET_SETTINGS)
    yield Scenario("bucket: again", "S3", BUCKET_SETTINGS, BUCKET_SETTINGS)
    for name, value in BUCKET_SETTINGS.items():
        yield Scenario(f"bucket: {name}", "S3", {}, {name: value})
    for name, value in OTHER_SETTINGS.items():
        yield Scenario(f"bucket: other {name}", "S3", {name: BUCKET_SETTINGS[name]}, {name: value})


SCENARIOS: Final = (*table_scenarios(), *bucket_scenarios())
