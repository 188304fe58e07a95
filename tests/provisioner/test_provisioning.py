"""A whole run against scripted servers: what is tried again, what is left out, what is a failure."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import pytest

from esb_provisioner.desired import parse
from esb_provisioner.provisioning import Progress, carry_out
from esb_provisioner.report import Exit, Result, State
from esb_provisioner.servers.errors import ErrorKind, ServerError
from esb_provisioner.steps import ApiCall
from tests.provisioner.fakes import FakeClock, ScriptedServer

ENTRY: dict[str, Any] = {
    "TableName": "Orders",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
}
TABLE = ENTRY | {
    "TableStatus": "ACTIVE",
    "TableArn": "arn:aws:dynamodb:us-east-1:123456789012:table/Orders",
    "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
}
ARRIVING = TABLE | {"TableStatus": "CREATING"}
INDEX: dict[str, Any] = {
    "IndexName": "by-email",
    "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
RACED = ServerError(ErrorKind.RACED, "ResourceInUseException", "Table already exists")
UNKNOWN = ServerError(ErrorKind.UNSUPPORTED, "UnknownOperationException", "")
INVALID = ServerError(ErrorKind.INVALID, "ValidationException", "no")
NONE: dict[str, Any] = {"TableNames": []}
LISTED = {"TableNames": ["Orders"]}


def run(server: Any, pool: Executor, clock: FakeClock, section: str = "DynamoDB", **entry: Any) -> Result:
    name = {"BucketName": "media"} if section == "S3" else ENTRY
    report = carry_out(parse({section: [{**name, **entry}]}), server, pool, clock, Progress())
    (result,) = report.results
    assert report.exit_code is (Exit.FAILED if result.state is State.FAILED else Exit.DONE)
    return result


def test_a_table_that_is_active_at_once_is_not_asked_about_again(pool: Executor, clock: FakeClock) -> None:
    server = ScriptedServer({"list_tables": [NONE], "create_table": [{"TableDescription": TABLE}]})
    assert run(server, pool, clock).state is State.CREATED
    assert server.operations == ["list_tables", "create_table"]


def test_a_table_that_takes_its_time_is_waited_for(pool: Executor, clock: FakeClock) -> None:
    server = ScriptedServer(
        {
            "list_tables": [NONE],
            "create_table": [{"TableDescription": ARRIVING}],
            "describe_table": [{"Table": ARRIVING}, {"Table": ARRIVING}, {"Table": TABLE}],
        }
    )
    assert run(server, pool, clock).state is State.CREATED
    assert server.operations == ["list_tables", "create_table", *["describe_table"] * 3]
    assert clock.seconds > 0


def test_the_number_of_steps_is_known_when_they_begin(pool: Executor, clock: FakeClock) -> None:
    server = ScriptedServer({"list_tables": [NONE], "create_table": [{"TableDescription": TABLE}]})
    begun: list[int] = []
    done: list[str] = []
    progress = Progress(on_outcome=lambda outcome: done.append(str(outcome.step)), on_begin=begun.append)
    carry_out(parse({"DynamoDB": [ENTRY]}), server, pool, clock, progress)
    assert begun == [len(done)]
    assert done[0] == "table Orders: create_table (not found)"


def test_a_table_that_never_becomes_active_is_a_failure(pool: Executor, clock: FakeClock) -> None:
    server = ScriptedServer(
        {
            "list_tables": [NONE],
            "create_table": [{"TableDescription": ARRIVING}],
            "describe_table": [{"Table": ARRIVING}],
        }
    )
    result = run(server, pool, clock)
    assert result.state is State.FAILED
    assert result.problems == ("wait until ACTIVE: Timeout: not ACTIVE after 600 s",)


def test_an_overtaken_provisioner_reads_again_and_finds_nothing_to_do(pool: Executor, clock: FakeClock) -> None:
    server = ScriptedServer({"list_tables": [NONE], "create_table": [RACED], "describe_table": [{"Table": TABLE}]})
    assert run(server, pool, clock).state is State.UNCHANGED


def test_an_overtaken_provisioner_goes_on_with_what_the_other_has_not_done(pool: Executor, clock: FakeClock) -> None:
    off, on = {"TimeToLiveStatus": "DISABLED"}, {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
    server = ScriptedServer(
        {
            "list_tables": [NONE],
            "create_table": [RACED],
            "describe_table": [{"Table": ARRIVING}, {"Table": TABLE}],
            "describe_time_to_live": [{"TimeToLiveDescription": off}] * 2 + [{"TimeToLiveDescription": on}],
            "update_time_to_live": [{}],
        }
    )
    result = run(server, pool, clock, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
    assert result.state is State.UPDATED


def test_a_race_that_never_ends_is_a_failure(pool: Executor, clock: FakeClock) -> None:
    missing = ServerError(ErrorKind.MISSING, "ResourceNotFoundException", "")
    server = ScriptedServer({"list_tables": [NONE], "create_table": [RACED], "describe_table": [missing]})
    result = run(server, pool, clock)
    assert result.problems == ("create_table: ResourceInUseException: Table already exists",)


def test_a_busy_server_is_asked_again(pool: Executor, clock: FakeClock) -> None:
    busy = ServerError(ErrorKind.BUSY, "LimitExceededException", "")
    server = ScriptedServer({"list_tables": [NONE], "create_table": [busy, busy, {"TableDescription": TABLE}]})
    assert run(server, pool, clock).state is State.CREATED


def test_what_a_server_refuses_together_is_tried_alone(pool: Executor, clock: FakeClock) -> None:
    server = ScriptedServer(
        {
            "list_tables": [NONE],
            "create_table": [INVALID, {"TableDescription": TABLE}],
            "list_tags_of_resource": [{"Tags": []}, {"Tags": [{"Key": "a", "Value": "1"}]}],
            "tag_resource": [{}],
            "describe_table": [{"Table": TABLE}],
            "update_table": [UNKNOWN],
        }
    )
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    result = run(server, pool, clock, Tags=[{"Key": "a", "Value": "1"}], StreamSpecification=stream)
    assert result.state is State.CREATED
    assert result.warnings == ("StreamSpecification is not supported by this server (UnknownOperationException)",)


def test_the_first_refusal_is_the_one_that_is_told(pool: Executor, clock: FakeClock) -> None:
    other = ServerError(ErrorKind.INVALID, "ValidationException", "still no")
    server = ScriptedServer(
        {
            "list_tables": [NONE],
            "create_table": [INVALID, other],
            "describe_table": [ServerError(ErrorKind.MISSING, "ResourceNotFoundException", "")],
        }
    )
    result = run(server, pool, clock, Tags=[{"Key": "a", "Value": "1"}])
    assert result.problems == ("create_table: ValidationException: no",)


def test_a_server_that_cannot_tell_time_to_live_is_believed_once(pool: Executor, clock: FakeClock) -> None:
    script: dict[str, list[Any]] = {
        "list_tables": [LISTED],
        "describe_table": [{"Table": TABLE}],
        "describe_time_to_live": [UNKNOWN],
    }
    server = ScriptedServer(script)
    result = run(server, pool, clock, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
    assert result.state is State.UNCHANGED
    assert result.warnings == ("TimeToLiveSpecification is not changed: this server does not return its value",)
    assert server.operations == list(script)


def test_what_a_server_takes_and_forgets_is_a_warning(pool: Executor, clock: FakeClock) -> None:
    server = ScriptedServer(
        {
            "list_tables": [LISTED],
            "describe_table": [{"Table": TABLE}],
            "update_table": [{"TableDescription": TABLE}],
        }
    )
    result = run(server, pool, clock, TableClass="STANDARD_INFREQUENT_ACCESS")
    assert result.state is State.UNCHANGED
    assert result.warnings == ("TableClass was accepted, but this server does not keep it",)
    assert server.operations.count("update_table") == 1


def test_a_missing_answer_for_versioning_is_a_failure_but_the_rest_is_done(pool: Executor, clock: FakeClock) -> None:
    server = ScriptedServer(
        {
            "list_buckets": [{}, {"Buckets": [{"Name": "media"}]}],
            "create_bucket": [{}],
            "put_bucket_versioning": [ServerError(ErrorKind.UNSUPPORTED, "NotImplemented", "")],
            "get_bucket_versioning": [{}],
            "put_bucket_cors": [{}],
            "get_bucket_cors": [{"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}],
        }
    )
    result = run(
        server,
        pool,
        clock,
        "S3",
        VersioningConfiguration={"Status": "Enabled"},
        CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]},
    )
    assert result.problems == ("VersioningConfiguration is not supported by this server (NotImplemented)",)
    assert "put_bucket_cors" in server.operations


def test_cors_on_a_server_without_it_is_a_warning(pool: Executor, clock: FakeClock) -> None:
    server = ScriptedServer(
        {
            "list_buckets": [{"Buckets": [{"Name": "media"}]}],
            "get_bucket_cors": [{}],
            "put_bucket_cors": [ServerError(ErrorKind.UNSUPPORTED, "BucketAlreadyExists", "")],
        }
    )
    rules = [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]
    result = run(server, pool, clock, "S3", CORSConfiguration={"CORSRules": rules})
    assert result.state is State.UNCHANGED
    assert result.warnings == ("CORSConfiguration is not supported by this server (BucketAlreadyExists)",)


OWNERSHIP: dict[str, Any] = {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}}


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (ServerError(ErrorKind.UNSUPPORTED, "NotImplemented", ""), "not supported"),
        (ServerError(ErrorKind.UNSUPPORTED, "MethodNotAllowed", ""), "not supported"),
        (ServerError(ErrorKind.INVALID, "InvalidArgument", ""), "rejected"),
        (ServerError(ErrorKind.INVALID, "MalformedXML", ""), "rejected"),
    ],
)
def test_an_optional_setting_that_a_server_refuses_is_a_warning(
    pool: Executor, clock: FakeClock, refusal: ServerError, words: str
) -> None:
    server = ScriptedServer(
        {
            "list_buckets": [{}, {"Buckets": [{"Name": "media"}]}],
            "create_bucket": [{}],
            "get_bucket_ownership_controls": [{}],
            "put_bucket_ownership_controls": [refusal],
            "get_bucket_tagging": [{}],
            "put_bucket_tagging": [refusal],
        }
    )
    result = run(server, pool, clock, "S3", Tagging={"TagSet": [{"Key": "a", "Value": "1"}]}, **OWNERSHIP)
    assert result.state is State.CREATED
    assert result.warnings == tuple(
        f"{aspect} is {words} by this server ({refusal.code})" for aspect in ("OwnershipControls", "Tagging")
    )
    assert server.operations.count("put_bucket_ownership_controls") == 1


@pytest.mark.parametrize("kind", [ErrorKind.UNSUPPORTED, ErrorKind.INVALID])
def test_an_optional_setting_that_a_server_refuses_to_read_is_a_warning(
    pool: Executor, clock: FakeClock, kind: ErrorKind
) -> None:
    server = ScriptedServer(
        {
            "list_buckets": [{"Buckets": [{"Name": "media"}]}],
            "get_bucket_ownership_controls": [ServerError(kind, "InvalidArgument", "")],
        }
    )
    result = run(server, pool, clock, "S3", **OWNERSHIP)
    assert result.state is State.UNCHANGED
    assert result.warnings == ("OwnershipControls is not changed: this server does not return its value",)


@pytest.mark.parametrize("kind", [ErrorKind.UNSUPPORTED, ErrorKind.INVALID])
def test_versioning_that_a_server_refuses_to_write_and_to_read_is_a_failure(
    pool: Executor, clock: FakeClock, kind: ErrorKind
) -> None:
    refusal = ServerError(kind, "NotImplemented", "")
    server = ScriptedServer(
        {
            "list_buckets": [{}, {"Buckets": [{"Name": "media"}]}],
            "create_bucket": [{}],
            "put_bucket_versioning": [refusal],
            "get_bucket_versioning": [refusal],
        }
    )
    result = run(server, pool, clock, "S3", VersioningConfiguration={"Status": "Enabled"})
    assert result.state is State.FAILED


def test_a_bucket_name_that_another_account_has_is_a_failure(pool: Executor, clock: FakeClock) -> None:
    server = ScriptedServer(
        {"list_buckets": [{}], "create_bucket": [ServerError(ErrorKind.RACED, "BucketAlreadyExists", "taken")]}
    )
    assert run(server, pool, clock, "S3").problems == ("create_bucket: BucketAlreadyExists: taken",)


def test_a_server_without_regions_gets_the_bucket_without_one(pool: Executor, clock: FakeClock) -> None:
    refused = ServerError(ErrorKind.INVALID, "InvalidLocationConstraint", "")
    server = ScriptedServer(
        {"list_buckets": [{}, {"Buckets": [{"Name": "media"}]}], "create_bucket": [refused, {}]},
    )
    report = carry_out(parse({"S3": [{"BucketName": "media"}]}, "eu-west-1"), server, pool, clock, Progress())
    assert [result.state for result in report.results] == [State.CREATED]


def test_a_table_that_cannot_be_read_fails_and_is_not_touched(pool: Executor, clock: FakeClock) -> None:
    broken = ServerError(ErrorKind.FAILED, "InternalServerError", "oops")
    server = ScriptedServer({"list_tables": [LISTED], "describe_table": [broken]})
    assert run(server, pool, clock).problems == ("it cannot be read: InternalServerError: oops",)
    assert server.operations == ["list_tables", "describe_table"]


def test_a_server_that_is_no_dynamodb_is_a_failure(pool: Executor, clock: FakeClock) -> None:
    server = ScriptedServer({"list_tables": [LISTED], "describe_table": [{}]})
    assert "is this a DynamoDB server?" in run(server, pool, clock).problems[0]


def test_an_index_that_a_server_cannot_delete_is_a_warning_if_the_file_does_not_name_it(
    pool: Executor, clock: FakeClock
) -> None:
    with_index = TABLE | {"GlobalSecondaryIndexes": [INDEX]}
    server = ScriptedServer(
        {"list_tables": [LISTED], "describe_table": [{"Table": with_index}], "update_table": [UNKNOWN]}
    )
    result = run(server, pool, clock)
    assert result.state is State.UNCHANGED
    assert result.warnings == (
        "deletion of index by-email is not supported by this server (UnknownOperationException)",
    )


def test_an_index_that_cannot_be_deleted_is_not_created_again(pool: Executor, clock: FakeClock) -> None:
    there = TABLE | {"GlobalSecondaryIndexes": [INDEX | {"Projection": {"ProjectionType": "KEYS_ONLY"}}]}
    server = ScriptedServer({"list_tables": [LISTED], "describe_table": [{"Table": there}], "update_table": [INVALID]})
    attributes = [*ENTRY["AttributeDefinitions"], {"AttributeName": "email", "AttributeType": "S"}]
    result = run(server, pool, clock, GlobalSecondaryIndexes=[INDEX], AttributeDefinitions=attributes)
    assert result.problems == ("index by-email: ValidationException: no",)
    assert server.operations.count("update_table") == 1


def test_an_index_that_a_server_changes_is_created_once_again_and_is_a_failure(
    pool: Executor, clock: FakeClock
) -> None:
    there = TABLE | {"GlobalSecondaryIndexes": [INDEX | {"Projection": {"ProjectionType": "KEYS_ONLY"}}]}
    answer = {"TableDescription": there}
    server = ScriptedServer({"list_tables": [LISTED], "describe_table": [{"Table": there}], "update_table": [answer]})
    attributes = [*ENTRY["AttributeDefinitions"], {"AttributeName": "email", "AttributeType": "S"}]
    result = run(server, pool, clock, GlobalSecondaryIndexes=[INDEX], AttributeDefinitions=attributes)
    assert result.problems == ("index by-email was accepted, but this server does not keep it",)
    assert server.operations.count("update_table") == 2


def test_all_pages_of_table_names_are_read(pool: Executor, clock: FakeClock) -> None:
    server = ScriptedServer(
        {
            "list_tables": [{"TableNames": ["A"], "LastEvaluatedTableName": "A"}, LISTED],
            "describe_table": [{"Table": TABLE}],
        }
    )
    assert run(server, pool, clock).state is State.UNCHANGED
    assert server.calls[1].params == {"ExclusiveStartTableName": "A"}


def test_one_bad_table_does_not_stop_the_others(clock: FakeClock) -> None:
    def api(call: ApiCall) -> dict[str, Any]:
        match call.operation, call.params.get("TableName"):
            case "list_tables", _:
                return NONE
            case "create_table", "Bad":
                raise INVALID
            case "create_table", name:
                return {"TableDescription": TABLE | {"TableName": name}}
            case _:
                raise ServerError(ErrorKind.MISSING, "ResourceNotFoundException", "")

    names = ["Ant", "Bad", "Cat", "Dog", "Elk"]
    desired = parse({"DynamoDB": [ENTRY | {"TableName": name} for name in names]})
    with ThreadPoolExecutor(2) as pool:
        report = carry_out(desired, api, pool, clock, Progress())
    assert [(result.resource.name, result.state) for result in report.results] == [
        (name, State.FAILED if name == "Bad" else State.CREATED) for name in names
    ]
    assert report.results[1].problems == ("create_table: ValidationException: no",)
    assert report.exit_code is Exit.FAILED
