"""Addresses of AWS in the values of a template lead into the stack."""

from __future__ import annotations

import time

import pytest

from esb_generator.application.aws_addresses import replace_addresses
from esb_schemas.backends import AWS_DOMAINS

ELSEWHERE = "http://not-in-this-stack:9002"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://sqs.us-east-1.amazonaws.com/123456789012/orders", f"{ELSEWHERE}/123456789012/orders"),
        ("https://sqs.cn-north-1.amazonaws.com.cn/1/q", f"{ELSEWHERE}/1/q"),
        ("https://SQS.us-east-1.AmazonAWS.com./1/q", f"{ELSEWHERE}/1/q"),
        ("https://kms-fips.us-east-1.amazonaws.com", ELSEWHERE),
        ("https://iam.amazonaws.com:443/", f"{ELSEWHERE}/"),
        ("https://ec2.us-east-1.api.aws", ELSEWHERE),
        ("https://abc.lambda-url.us-east-1.on.aws/x", f"{ELSEWHERE}/x"),
        ("wss://a1.execute-api.us-east-1.amazonaws.com/prod", "ws://not-in-this-stack:9002/prod"),
        ("shop.cluster-1.us-east-1.rds.amazonaws.com", "not-in-this-stack"),
        ("cache.x.use1.cache.amazonaws.com:6379", "not-in-this-stack:6379"),
        (
            "jdbc:postgresql://shop.1.us-east-1.rds.amazonaws.com:5432/shop",
            "jdbc:postgresql://not-in-this-stack:5432/shop",
        ),
        ("postgres://me:p4ss@shop.1.rds.amazonaws.com:5432/shop", "postgres://me:p4ss@not-in-this-stack:5432/shop"),
        ("https://me:p4ss@sqs.us-east-1.amazonaws.com/1/q", f"{ELSEWHERE}/1/q"),
        (
            '{"a":"https://sns.us-east-1.amazonaws.com","b":["x.us-east-1.es.amazonaws.com"]}',
            f'{{"a":"{ELSEWHERE}","b":["not-in-this-stack"]}}',
        ),
        ("kafka1.amazonaws.com:9092,kafka2.amazonaws.com:9092", "not-in-this-stack:9092,not-in-this-stack:9092"),
        ("http://shop.s3-website-us-east-1.amazonaws.com/", f"{ELSEWHERE}/"),
    ],
)
def test_an_address_of_a_service_that_the_stack_lacks_leads_to_the_refusing_listener(text: str, expected: str) -> None:
    replaced = replace_addresses(text)
    assert replaced.text == expected
    assert replaced.elsewhere


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://dynamodb.us-east-1.amazonaws.com", "http://database:8000"),
        ("https://dynamodb-fips.us-east-1.amazonaws.com/", "http://database:8000/"),
        ("https://streams.dynamodb.us-east-1.amazonaws.com", "http://database:8000"),
        ("dynamodb.us-east-1.amazonaws.com", "database:8000"),
        ("https://lambda.us-east-1.amazonaws.com", "http://gateway:8080"),
        ("https://s3.amazonaws.com/files/key", "http://s3-storage:9000/files/key"),
        ("https://s3-us-west-2.amazonaws.com/files", "http://s3-storage:9000/files"),
        ("https://files.s3.us-east-1.amazonaws.com/key", "http://s3-storage:9000/files/key"),
        ("https://my.files.s3-accelerate.amazonaws.com/key", "http://s3-storage:9000/my.files/key"),
        ("files.s3.dualstack.us-east-1.amazonaws.com", "s3-storage:9000/files"),
        ("https://Shop.execute-api.us-east-1.amazonaws.com/Prod/orders", "http://gateway:8080/Prod/orders"),
    ],
)
def test_an_address_of_a_service_of_the_stack_leads_to_its_server(text: str, expected: str) -> None:
    assert replace_addresses(text, apis={"shop"}) == (expected, ())


def test_a_service_that_gets_a_server_needs_only_its_url() -> None:
    replaced = replace_addresses("https://sqs.us-east-1.amazonaws.com/1/q", servers={"sqs": "http://cloud:4566"})
    assert replaced == ("http://cloud:4566/1/q", ())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "orders",
        "https://example.com/?next=amazonaws.com",
        "https://aws.amazon.com/sqs",
        "https://sqs.us-east-1.amazonaws.com.example.org/",
        "https://amazonaws.community/",
        "someone@sub.amazonaws.com",
        "*.amazonaws.com",
        "arn:aws:iam::1:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/1",
        "http://cloud:4566/123456789012/orders",
    ],
)
def test_other_texts_stay(text: str) -> None:
    assert replace_addresses(text) == (text, ())


def test_no_domain_of_aws_is_left() -> None:
    text = " ".join(f"https://sqs.us-east-1.{domain} sqs.{domain}. a://b@c.{domain}:1" for domain in AWS_DOMAINS)
    replaced = replace_addresses(text)
    assert len(replaced.elsewhere) == 3 * len(AWS_DOMAINS)
    assert not [domain for domain in AWS_DOMAINS if domain in replaced.text]


@pytest.mark.parametrize("text", ["a." * 100_000, "a" * 200_000 + ".", "a-" * 100_000 + "://", "//a" * 60_000 + "."])
def test_a_long_text_takes_no_long_time(text: str) -> None:
    started = time.process_time()
    replace_addresses(f"{text} a.amazonaws.com")
    assert time.process_time() - started < 60, "reading it again from each character takes minutes"
