"""The plan of a table, as text: what is there and what the file says give the lines that --plan prints."""

from __future__ import annotations

from typing import Any

import pytest

from esb_provisioner.desired import parse
from esb_provisioner.plan import Resets, plan
from esb_provisioner.resources.reading import UNKNOWN, Unreadable
from esb_provisioner.services.dynamodb.read import ObservedTable
from esb_provisioner.steps import Operation, Plan, Resource

ORDERS = Resource("table", "Orders")
KEY = [{"AttributeName": "id", "KeyType": "HASH"}]
ID = {"AttributeName": "id", "AttributeType": "S"}
ENTRY: dict[str, Any] = {
    "TableName": "Orders",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": KEY,
    "AttributeDefinitions": [ID],
}
THERE: dict[str, Any] = {
    "TableName": "Orders",
    "TableArn": "arn:aws:dynamodb:us-east-1:123456789012:table/Orders",
    "TableStatus": "ACTIVE",
    "KeySchema": KEY,
    "AttributeDefinitions": [ID],
    "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
    "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0, "NumberOfDecreasesToday": 0},
    "DeletionProtectionEnabled": False,
}
PROVISIONED = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}}


def index(name: str, attribute: str = "email", **more: Any) -> dict[str, Any]:
    return {
        "IndexName": name,
        "KeySchema": [{"AttributeName": attribute, "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        **more,
    }


def attributes(*names: str) -> list[dict[str, str]]:
    return [ID, *({"AttributeName": name, "AttributeType": "S"} for name in names)]


def planned(entry: dict[str, Any], seen: ObservedTable | Unreadable | None) -> Plan:
    desired = parse({"DynamoDB": [ENTRY | entry]})
    return plan(desired, {} if seen is None else {ORDERS: seen})


def there(**changes: Any) -> ObservedTable:
    return ObservedTable(THERE | changes)


def lines(text: str) -> str:
    return "\n".join(f"table Orders: {line.strip()}" for line in text.strip().splitlines())


def params(result: Plan) -> list[dict[str, Any]]:
    return [dict(operation.call.params) for operation in result.operations]


def test_a_missing_table_is_made_then_waited_for_then_given_what_needs_an_active_table() -> None:
    result = planned(
        {
            "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expires"},
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        },
        None,
    )
    assert str(result) == lines("""
        create_table (not found)
        wait until ACTIVE
        update_time_to_live (TimeToLiveSpecification: off -> expires)
        update_continuous_backups (PointInTimeRecoverySpecification: off -> on)
    """)
    assert params(result)[0] == ENTRY


def test_a_table_that_is_as_the_file_says_needs_nothing() -> None:
    assert not str(planned({}, there()))
    assert str(planned({}, there())) == ""


def test_what_a_server_may_not_need_is_left_out_of_the_bare_call() -> None:
    result = planned(
        {
            "Tags": [{"Key": "team", "Value": "web"}],
            "TableClass": "STANDARD",
            "AttributeDefinitions": attributes("email"),
            "GlobalSecondaryIndexes": [index("by-email", OnDemandThroughput={"MaxReadRequestUnits": 5})],
        },
        None,
    )
    fallback = result.operations[0].fallback
    assert fallback is not None
    assert fallback.params == ENTRY | {
        "AttributeDefinitions": attributes("email"),
        "GlobalSecondaryIndexes": [index("by-email")],
    }


def test_a_call_without_anything_to_leave_out_has_no_bare_form() -> None:
    assert planned({}, None).operations[0].fallback is None


def test_a_provisioned_table_without_throughput_gets_one_unit_and_says_so() -> None:
    entry = {key: value for key, value in ENTRY.items() if key != "BillingMode"} | {
        "AttributeDefinitions": attributes("email"),
        "GlobalSecondaryIndexes": [index("by-email")],
    }
    result = plan(parse({"DynamoDB": [entry]}), {})
    one = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    made = params(result)[0]
    assert made["BillingMode"] == "PROVISIONED"
    assert made["ProvisionedThroughput"] == one
    assert made["GlobalSecondaryIndexes"] == [index("by-email", ProvisionedThroughput=one)]
    assert result.resources[0].notes == (
        "no ProvisionedThroughput is given for the table, index by-email: 1 read and 1 write unit are used",
    )


def test_numbers_as_text_become_numbers() -> None:
    units = {"ReadCapacityUnits": "5", "WriteCapacityUnits": "007"}
    made = params(planned({"BillingMode": "PROVISIONED", "ProvisionedThroughput": units}, None))[0]
    assert made["ProvisionedThroughput"] == {"ReadCapacityUnits": 5, "WriteCapacityUnits": 7}


@pytest.mark.parametrize(
    ("entry", "changes", "expected"),
    [
        pytest.param(
            {"DeletionProtectionEnabled": True},
            {},
            "update_table (DeletionProtectionEnabled: False -> True)",
            id="deletion protection",
        ),
        pytest.param(
            {"TableClass": "STANDARD_INFREQUENT_ACCESS"},
            {},
            "update_table (TableClass: STANDARD -> STANDARD_INFREQUENT_ACCESS)",
            id="table class",
        ),
        pytest.param(
            {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}},
            {},
            "update_table (StreamSpecification: off -> NEW_IMAGE)",
            id="stream on",
        ),
        pytest.param(
            {"StreamSpecification": {"StreamEnabled": False}},
            {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}},
            "update_table (StreamSpecification: NEW_IMAGE -> off)",
            id="stream off",
        ),
        pytest.param(
            {"SSESpecification": {"Enabled": True}},
            {},
            "update_table (SSESpecification: off -> on)",
            id="encryption",
        ),
        pytest.param(
            {"SSESpecification": {"Enabled": True, "KMSMasterKeyId": "1234"}},
            {"SSEDescription": {"Status": "ENABLED", "KMSMasterKeyArn": "arn:aws:kms:us-east-1:1:key/9"}},
            "update_table (SSESpecification: on, arn:aws:kms:us-east-1:1:key/9 -> on, 1234)",
            id="encryption key",
        ),
        pytest.param(PROVISIONED, {}, "update_table (BillingMode: PAY_PER_REQUEST -> PROVISIONED)", id="billing mode"),
        pytest.param(
            {"OnDemandThroughput": {"MaxReadRequestUnits": 10}},
            {"OnDemandThroughput": {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1}},
            "update_table (OnDemandThroughput: MaxReadRequestUnits none -> MaxReadRequestUnits 10)",
            id="on-demand throughput",
        ),
        pytest.param(
            PROVISIONED,
            {
                "BillingModeSummary": {"BillingMode": "PROVISIONED"},
                "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 4},
            },
            "update_table (ProvisionedThroughput: 5/4 -> 5/5)",
            id="throughput",
        ),
    ],
)
def test_what_can_be_repaired_in_place(entry: dict[str, Any], changes: dict[str, Any], expected: str) -> None:
    result = planned(entry, there(**changes))
    assert str(result) == lines(f"{expected}\nwait until ACTIVE")


@pytest.mark.parametrize("server_says", [{}, {"BillingModeSummary": {"BillingMode": "PROVISIONED"}}])
def test_a_server_that_names_no_billing_mode_means_provisioned(server_says: dict[str, Any]) -> None:
    description = {key: value for key, value in THERE.items() if key != "BillingModeSummary"} | {
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    }
    assert not str(planned(PROVISIONED, ObservedTable(description | server_says)))


def test_throughputs_of_zero_mean_billing_by_request() -> None:
    description = {key: value for key, value in THERE.items() if key != "BillingModeSummary"}
    assert not str(planned({}, ObservedTable(description)))


def test_an_assumed_throughput_is_not_compared() -> None:
    seen = there(
        BillingModeSummary={"BillingMode": "PROVISIONED"},
        ProvisionedThroughput={"ReadCapacityUnits": 9, "WriteCapacityUnits": 9},
    )
    assert not str(planned({"BillingMode": "PROVISIONED"}, seen))


def test_without_a_billing_mode_in_the_file_any_is_right() -> None:
    entry = {key: value for key, value in ENTRY.items() if key != "BillingMode"}
    assert not str(plan(parse({"DynamoDB": [entry]}), {ORDERS: there()}))


def test_a_new_billing_mode_brings_the_throughput_of_every_index() -> None:
    entry = PROVISIONED | {
        "AttributeDefinitions": attributes("email"),
        "GlobalSecondaryIndexes": [index("by-email", ProvisionedThroughput=PROVISIONED["ProvisionedThroughput"])],
    }
    seen = there(AttributeDefinitions=attributes("email"), GlobalSecondaryIndexes=[index("by-email")])
    assert params(planned(entry, seen)) == [
        {
            "TableName": "Orders",
            **PROVISIONED,
            "GlobalSecondaryIndexUpdates": [
                {
                    "Update": {
                        "IndexName": "by-email",
                        "ProvisionedThroughput": PROVISIONED["ProvisionedThroughput"],
                    }
                }
            ],
        }
    ]


def test_a_new_billing_mode_leaves_out_an_index_that_has_its_throughput_already() -> None:
    """DynamoDB Local keeps showing an index's old throughput, and refuses to set it to the same."""
    entry = PROVISIONED | {
        "AttributeDefinitions": attributes("email"),
        "GlobalSecondaryIndexes": [index("by-email")],
    }
    one = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    seen = there(
        AttributeDefinitions=attributes("email"),
        GlobalSecondaryIndexes=[index("by-email", ProvisionedThroughput=one)],
    )
    assert params(planned(entry, seen)) == [{"TableName": "Orders", **PROVISIONED}]


def test_new_indexes_are_made_one_after_the_other_each_with_the_attributes_used_so_far() -> None:
    result = planned(
        {
            "AttributeDefinitions": attributes("email", "city"),
            "GlobalSecondaryIndexes": [index("by-email"), index("by-city", "city")],
        },
        there(),
    )
    assert str(result) == lines("""
        update_table (index by-email: not found)
        wait until ACTIVE
        update_table (index by-city: not found)
        wait until ACTIVE
    """)
    assert [each["AttributeDefinitions"] for each in params(result)] == [
        attributes("email"),
        attributes("email", "city"),
    ]


@pytest.mark.parametrize(
    ("wanted", "seen", "expected"),
    [
        ({"Enabled": True, "AttributeName": "ttl"}, {"TimeToLiveStatus": "DISABLED"}, ["off -> ttl"]),
        ({"Enabled": False, "AttributeName": "ttl"}, {"TimeToLiveStatus": "DISABLED"}, []),
        (
            {"Enabled": False, "AttributeName": "ttl"},
            {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"},
            ["ttl -> off"],
        ),
        (
            {"Enabled": True, "AttributeName": "ttl"},
            {"TimeToLiveStatus": "ENABLING", "AttributeName": "ttl"},
            [],
        ),
        (
            {"Enabled": True, "AttributeName": "new"},
            {"TimeToLiveStatus": "ENABLED", "AttributeName": "old"},
            ["old -> new", "old -> new"],
        ),
    ],
)
def test_time_to_live_that_differs_is_switched(
    wanted: dict[str, Any], seen: dict[str, Any], expected: list[str]
) -> None:
    result = planned({"TimeToLiveSpecification": wanted}, ObservedTable(THERE, time_to_live=seen))
    assert str(result) == lines(
        "\n".join(f"update_time_to_live (TimeToLiveSpecification: {change})" for change in expected)
    )


def test_another_time_to_live_attribute_is_turned_off_before_the_new_one_is_turned_on() -> None:
    wanted = {"Enabled": True, "AttributeName": "new"}
    seen = ObservedTable(THERE, time_to_live={"TimeToLiveStatus": "ENABLED", "AttributeName": "old"})
    result = planned({"TimeToLiveSpecification": wanted}, seen)
    assert [each["TimeToLiveSpecification"] for each in params(result)] == [
        {"Enabled": False, "AttributeName": "old"},
        {"Enabled": True, "AttributeName": "new"},
    ]


def test_recovery_is_turned_on_and_its_period_set() -> None:
    wanted = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": "7"}
    on = {"PointInTimeRecoveryStatus": "ENABLED", "RecoveryPeriodInDays": 35}
    entry = {"PointInTimeRecoverySpecification": wanted}
    assert str(planned(entry, ObservedTable(THERE, recovery={"PointInTimeRecoveryStatus": "DISABLED"}))) == lines(
        "update_continuous_backups (PointInTimeRecoverySpecification: off -> on, 7 days)"
    )
    assert str(planned(entry, ObservedTable(THERE, recovery=on))) == lines(
        "update_continuous_backups (PointInTimeRecoverySpecification: on, 35 days -> on, 7 days)"
    )


def test_only_tags_that_differ_are_written_and_others_stay() -> None:
    entry = {"Tags": [{"Key": key, "Value": value} for key, value in (("b", "2"), ("a", "1"), ("c", "3"))]}
    result = planned(entry, ObservedTable(THERE, tags={"c": "3", "a": "old", "theirs": "x"}))
    assert str(result) == lines("tag_resource (Tags: a, b)")
    assert params(result)[0]["Tags"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]


def test_what_a_server_cannot_tell_is_neither_repaired_nor_drift() -> None:
    entry = {
        "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ttl"},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "Tags": [{"Key": "a", "Value": "1"}],
        "DeletionProtectionEnabled": True,
    }
    description = {key: value for key, value in THERE.items() if key != "DeletionProtectionEnabled"}
    result = planned(entry, ObservedTable(description, UNKNOWN, UNKNOWN, UNKNOWN))
    assert not str(result)
    assert set(result.resources[0].unknown) == set(entry)


@pytest.mark.parametrize(
    ("entry", "changes", "expected"),
    [
        pytest.param(
            {},
            {"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]},
            "KeySchema: the server has pk HASH, the file has id HASH",
            id="key",
        ),
        pytest.param(
            {},
            {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}]},
            "type of attribute id: the server has N, the file has S",
            id="type",
        ),
        pytest.param(
            {"LocalSecondaryIndexes": [index("local", "id")]},
            {},
            "local index local: the server has none, the file has id HASH (ALL)",
            id="local index",
        ),
        pytest.param(
            {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}},
            {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}},
            "StreamViewType: the server has KEYS_ONLY, the file has NEW_IMAGE",
            id="stream view",
        ),
        pytest.param({}, {"TableStatus": "DELETING"}, "TableStatus is DELETING", id="going away"),
    ],
)
def test_what_would_lose_data_is_drift(entry: dict[str, Any], changes: dict[str, Any], expected: str) -> None:
    result = planned(entry, there(**changes))
    assert str(result) == lines(f"drift ({expected})")
    assert result.operations == ()


def test_an_index_that_the_file_does_not_name_is_deleted_before_anything_else() -> None:
    seen = there(AttributeDefinitions=attributes("email", "city"), GlobalSecondaryIndexes=[index("old")])
    entry = {"AttributeDefinitions": attributes("city"), "GlobalSecondaryIndexes": [index("by-city", "city")]}
    result = planned(entry | {"TableClass": "STANDARD_INFREQUENT_ACCESS"}, seen)
    assert str(result) == lines("""
        update_table (index old: deleted, not in the file)
        wait until ACTIVE
        update_table (index by-city: not found)
        wait until ACTIVE
        update_table (TableClass: STANDARD -> STANDARD_INFREQUENT_ACCESS)
        wait until ACTIVE
    """)
    assert [each.get("GlobalSecondaryIndexUpdates") for each in params(result)] == [
        [{"Delete": {"IndexName": "old"}}],
        [{"Create": index("by-city", "city")}],
        None,
    ]
    assert params(result)[1]["AttributeDefinitions"] == attributes("city")


INCLUDE_AB = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["b", "a"]}


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (
            there(GlobalSecondaryIndexes=[index("by-email", "mail")]),
            "the server has mail HASH (ALL), the file has email HASH (ALL)",
        ),
        (
            there(GlobalSecondaryIndexes=[index("by-email", Projection=INCLUDE_AB)]),
            "the server has email HASH (INCLUDE a b), the file has email HASH (ALL)",
        ),
        (
            there(
                AttributeDefinitions=[ID, {"AttributeName": "email", "AttributeType": "N"}],
                GlobalSecondaryIndexes=[index("by-email")],
            ),
            "type of attribute email: the server has N, the file has S",
        ),
    ],
)
def test_an_index_that_differs_is_created_again(seen: ObservedTable, reason: str) -> None:
    result = planned({"AttributeDefinitions": attributes("email"), "GlobalSecondaryIndexes": [index("by-email")]}, seen)
    assert str(result) == lines(f"""
        update_table (index by-email: deleted, {reason})
        wait until ACTIVE
        update_table (index by-email: created again)
        wait until ACTIVE
    """)


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [("KEYS_ONLY", INCLUDE_AB), ("KEYS_ONLY", {"ProjectionType": "ALL"}), ("INCLUDE", {"ProjectionType": "ALL"})],
)
def test_an_index_that_projects_more_than_the_file_says_is_kept(wanted: str, kept: dict[str, Any]) -> None:
    projection = {"ProjectionType": wanted} | ({"NonKeyAttributes": ["a"]} if wanted == "INCLUDE" else {})
    entry = {
        "AttributeDefinitions": attributes("email"),
        "GlobalSecondaryIndexes": [index("by-email", Projection=projection)],
    }
    seen = there(AttributeDefinitions=attributes("email"), GlobalSecondaryIndexes=[index("by-email", Projection=kept)])
    assert not str(planned(entry, seen))


def test_a_new_billing_mode_does_not_speak_of_indexes_that_are_deleted() -> None:
    seen = there(GlobalSecondaryIndexes=[index("old")])
    assert [each.get("GlobalSecondaryIndexUpdates") for each in params(planned(PROVISIONED, seen))] == [
        [{"Delete": {"IndexName": "old"}}],
        None,
    ]


def test_the_order_of_attributes_indexes_and_projected_attributes_is_no_difference() -> None:
    projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a", "b"]}
    entry = {
        "AttributeDefinitions": attributes("email", "city"),
        "GlobalSecondaryIndexes": [index("by-email", Projection=projection), index("by-city", "city")],
    }
    seen = there(
        AttributeDefinitions=list(reversed(attributes("email", "city"))),
        GlobalSecondaryIndexes=[
            index("by-city", "city"),
            index("by-email", Projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": ["b", "a"]}),
        ],
    )
    assert not str(planned(entry, seen))


def test_a_table_that_has_drifted_is_left_alone_altogether() -> None:
    result = planned({"TableClass": "STANDARD_INFREQUENT_ACCESS"}, there(KeySchema=KEY[:0]))
    assert "drift" in str(result)
    assert result.operations == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"TableStatus": "CREATING"},
        {"GlobalSecondaryIndexes": [index("by-email", IndexStatus="CREATING")]},
        {"GlobalSecondaryIndexes": [index("by-email", IndexStatus="DELETING")]},
    ],
)
def test_a_table_that_somebody_else_is_changing_is_waited_for_first(changes: dict[str, Any]) -> None:
    entry = {"DeletionProtectionEnabled": True}
    assert str(planned(entry, there(**changes))) == lines("wait until ACTIVE")


def test_a_table_that_cannot_be_read_is_not_touched() -> None:
    assert str(planned({}, Unreadable("no"))) == lines("cannot be read (no)")


def test_a_plan_is_sorted_by_resource() -> None:
    entries = [ENTRY | {"TableName": name} for name in ("Zebra", "Ant")]
    result = plan(parse({"DynamoDB": entries, "S3": [{"BucketName": "media"}]}), {})
    created = [step.resource.name for each in result.resources for step in each.steps if isinstance(step, Operation)]
    assert created == ["media", "Ant", "Zebra"]


RANGE = [*KEY, {"AttributeName": "at", "KeyType": "RANGE"}]


def reset(entry: dict[str, Any], seen: ObservedTable, *requested: tuple[str, str]) -> Plan:
    desired = parse({"DynamoDB": [ENTRY | entry]})
    return plan(desired, {ORDERS: seen}, Resets(frozenset(requested), "docker compose run --rm provisioner"))


def test_the_advice_about_drift_is_a_command() -> None:
    (only,) = reset({"KeySchema": RANGE, "AttributeDefinitions": attributes("at")}, there()).resources
    assert [drift.hint for drift in only.drifts] == [
        "give the table another name in the template, or delete it with its items and create it as the file says: "
        "docker compose run --rm provisioner --reset-table Orders"
    ]


def test_a_table_that_is_reset_is_deleted_and_created() -> None:
    entry = {"KeySchema": RANGE, "AttributeDefinitions": attributes("at")}
    stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}
    seen = there(StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    assert str(reset(entry | stream, seen, ("--reset-table", "Orders"))) == lines("""
        delete_table (--reset-table)
        wait until it is deleted
        create_table (not found)
        wait until ACTIVE""")


@pytest.mark.parametrize("requested", [("--reset-table", "Others"), ("--reset-stream", "Orders")])
def test_a_reset_of_something_else_changes_nothing(requested: tuple[str, str]) -> None:
    entry = {"KeySchema": RANGE, "AttributeDefinitions": attributes("at")}
    assert str(reset(entry, there(), requested)) == str(reset(entry, there()))


def test_a_table_that_has_not_drifted_is_not_reset() -> None:
    assert not str(reset({}, there(), ("--reset-table", "Orders"), ("--reset-stream", "Orders")))


def test_a_stream_that_is_reset_ends_and_begins_anew() -> None:
    stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}
    seen = there(StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    assert str(reset(stream, seen, ("--reset-stream", "Orders"))) == lines("""
        update_table (NEW_IMAGE -> off)
        wait until ACTIVE
        update_table (off -> KEYS_ONLY)
        wait until ACTIVE""")
