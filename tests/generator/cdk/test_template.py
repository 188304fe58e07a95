"""What templates of `cdk synth` have that others do not; shapes as aws-cdk-lib 2.276 and 1.x write them."""

from __future__ import annotations

import json
from typing import Any

from esb_generator.cdk.template import prepare
from esb_generator.cloudformation.reading.yaml_reader import read_text
from esb_generator.values import Map, Value

HASH = "5" * 64


def prepared(resources: Value | dict[str, Any], **sections: Any) -> Any:
    text = json.dumps({"Resources": resources, **sections})
    template = read_text(text.encode(), "t.json")
    assert isinstance(template, Map)
    return json.loads(json.dumps(prepare(template, dict)))


def bucket() -> dict[str, Any]:
    return {"Type": "AWS::S3::Bucket", "Metadata": {"aws:cdk:path": "Shop/Uploads/Resource"}}


def provider(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"ZipFile": "…"}, **properties}}


def custom(type_: str, provider_id: str = "Provider", **properties: Any) -> dict[str, Any]:
    token = {"Fn::GetAtt": [provider_id, "Arn"]}
    return {"Type": type_, "Properties": {"ServiceToken": token, **properties}}


def test_a_template_that_cdk_did_not_write_is_left_alone() -> None:
    template = read_text(b"Resources: {Q: {Type: AWS::SQS::Queue}}", "t.yaml")
    assert isinstance(template, Map)

    assert prepare(template, dict) is template


def test_notifications_become_a_property_of_the_bucket() -> None:
    arn = {"Fn::GetAtt": ["Hello", "Arn"]}
    given = {
        "LambdaFunctionConfigurations": [
            {
                "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
                "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}},
                "LambdaFunctionArn": arn,
            }
        ],
        "QueueConfigurations": [{"Events": ["s3:ObjectCreated:Put"], "QueueArn": "q"}],
        "EventBridgeConfiguration": {},
    }
    notifications = custom("Custom::S3BucketNotifications", BucketName={"Ref": "Up"}, NotificationConfiguration=given)

    resources = prepared({"Up": bucket(), "N": notifications, "Provider": provider()})["Resources"]

    rules = {"S3Key": {"Rules": [{"Name": "prefix", "Value": "in/"}]}}
    assert resources.keys() == {"Up"}
    assert resources["Up"]["Properties"]["NotificationConfiguration"] == {
        "LambdaConfigurations": [
            {"Event": "s3:ObjectCreated:*", "Function": arn, "Filter": rules},
            {"Event": "s3:ObjectRemoved:*", "Function": arn, "Filter": rules},
        ],
        "QueueConfigurations": [{"Event": "s3:ObjectCreated:Put", "Queue": "q"}],
        "EventBridgeConfiguration": {"EventBridgeEnabled": True},
    }


def test_notifications_of_a_bucket_elsewhere_stay_to_be_reported() -> None:
    notifications = custom("Custom::S3BucketNotifications", BucketName="other", NotificationConfiguration={})

    assert prepared({"Up": bucket(), "N": notifications, "Provider": provider()})["Resources"].keys() == {
        "Up",
        "N",
        "Provider",
    }


def test_providers_of_the_constructs_are_left_out_with_their_layers() -> None:
    resources = {
        "Up": bucket(),
        "Empty": custom("Custom::S3AutoDeleteObjects"),
        "Deploy": custom("Custom::CDKBucketDeployment", "Copier"),
        "Provider": provider(),
        "Copier": provider(Layers=[{"Ref": "Cli"}]),
        "Cli": {"Type": "AWS::Lambda::LayerVersion"},
    }

    found = prepared(resources)["Resources"]

    assert found.keys() == {"Up", "Deploy"}
    assert found["Deploy"]["Properties"] == {}


def test_a_provider_that_something_else_refers_to_stays() -> None:
    resources = {
        "Up": bucket(),
        "Empty": custom("Custom::S3AutoDeleteObjects"),
        "Own": custom("Custom::Own"),
        "Provider": provider(),
    }

    assert prepared(resources)["Resources"].keys() == {"Up", "Own", "Provider"}


def test_the_check_of_the_bootstrap_stack_is_passed_over() -> None:
    parameters = {
        "BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/x/version"},
        "Stage": {"Type": "String"},
    }
    rules: dict[str, Any] = {"CheckBootstrapVersion": {"Assertions": []}, "Own": {"Assertions": []}}

    found = prepared({"Up": bucket()}, Parameters=parameters, Rules=rules)

    assert found["Parameters"] == {"Stage": {"Type": "String"}}
    assert found["Rules"] == {"Own": {"Assertions": []}}


def test_asset_parameters_of_version_1_need_no_value() -> None:
    found = prepared({"Up": bucket()}, Parameters={f"AssetParameters{HASH}S3Bucket1A": {"Type": "String"}})

    assert all("Default" in body for body in found["Parameters"].values())


def test_what_sam_build_wrote_keeps_its_paths() -> None:
    metadata = {"aws:asset:path": f"asset.{HASH}", "aws:asset:property": "Code"}
    function = {"Type": "AWS::Lambda::Function", "Properties": {"Code": "Hello"}, "Metadata": metadata}

    assert prepared({"Hello": function})["Resources"]["Hello"]["Properties"] == {"Code": "Hello"}
