"""Policies of functions. They are not enforced here, but show which services a function calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from esb_generator.resources.findings import first_names
from esb_generator.resources.nodes import Node
from esb_generator.resources.stack import Stack
from esb_generator.values import Map, Seq, Value, words

# Services of the stack, and services whose calls only observe, check or encrypt.
_PRESENT = frozenset(
    words("cloudwatch dynamodb ec2 events execute-api iam kms lambda logs s3 s3-object-lambda sns sqs sts xray")
)
# The service of SAM's policy templates, by the beginning of their names.
# https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-template-list.html
_TEMPLATES = {
    "AWSSecretsManager": "secretsmanager",
    "Athena": "athena",
    "CodeCommit": "codecommit",
    "CodePipeline": "codepipeline",
    "Comprehend": "comprehend",
    "Elasticsearch": "es",
    "Firehose": "firehose",
    "Kinesis": "kinesis",
    "Pinpoint": "mobiletargeting",
    "Polly": "polly",
    "Rekognition": "rekognition",
    "SES": "ses",
    "SSM": "ssm",
    "SageMaker": "sagemaker",
    "StepFunctions": "states",
    "Textract": "textract",
}

# Services with different names in resource types and in actions.
_NAMESPACES = {"Cognito": "cognito-idp", "KinesisFirehose": "firehose", "StepFunctions": "states"}


def report_absent_services(stack: Stack) -> None:
    """A notice for each service that policies name and the stack lacks, at the first function with such a policy.

    A service that has resources in the template is left out: these are reported, with the functions that call them.
    """
    users: dict[str, list[Node]] = {}
    present = _PRESENT | {_service_of(resource.type) for resource in stack.resources.values()}
    for resource in stack.of_type("AWS::Serverless::Function"):
        node = resource.properties.get("Policies")
        for service in dict.fromkeys(_services(node.value)) if node is not None else ():
            if node is not None and service not in present:
                users.setdefault(service, []).append(node)
    for service, (first, *others) in users.items():
        also = f" and those of {first_names([node.logical_id for node in others])}" if others else ""
        first.notice(f"its Policies{also} allow calls of {service}, which the stack does not have: such calls fail")


def _service_of(type_: str) -> str:
    """The service in actions of a type of resource."""
    namespace = type_.split("::")[1] if type_.count("::") == 2 else ""
    return _NAMESPACES.get(namespace, namespace.lower())


def _services(policies: Value) -> Iterator[str]:
    for policy in policies if isinstance(policies, Seq) else [policies]:
        if not isinstance(policy, Map):
            continue
        statements = policy.get("Statement")
        for statement in statements if isinstance(statements, Seq) else [statements]:
            if isinstance(statement, Map) and statement.get("Effect") != "Deny":
                yield from _of_actions(statement.get("Action"))
        yield from (service for name in policy for start, service in _TEMPLATES.items() if name.startswith(start))


def _of_actions(actions: Value) -> Iterable[str]:
    for action in actions if isinstance(actions, Seq) else [actions]:
        if isinstance(action, str) and ":" in action:
            yield action.partition(":")[0].lower()
