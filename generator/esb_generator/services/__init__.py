"""The AWS services, a sub-package each. A new one needs its sub-package and a line here."""

from __future__ import annotations

from esb_generator.resources.registry import Registry
from esb_generator.services import (
    apigateway,
    appsync,
    cloudformation,
    cognito,
    dynamodb,
    eventbridge,
    kinesis,
    lambda_,
    s3,
    scheduler,
    secretsmanager,
    sns,
    sqs,
    ssm,
    stepfunctions,
)
from esb_generator.services.other import compute, data, messaging, networking, operations, security

SERVICES = (
    lambda_.SERVICE,
    apigateway.SERVICE,
    dynamodb.SERVICE,
    s3.SERVICE,
    eventbridge.SERVICE,
    scheduler.SERVICE,
    sqs.SERVICE,
    sns.SERVICE,
    stepfunctions.SERVICE,
    cognito.SERVICE,
    kinesis.SERVICE,
    ssm.SERVICE,
    secretsmanager.SERVICE,
    appsync.SERVICE,
    cloudformation.SERVICE,
    compute.SERVICE,
    data.SERVICE,
    messaging.SERVICE,
    networking.SERVICE,
    operations.SERVICE,
    security.SERVICE,
)
REGISTRY = Registry(SERVICES)
