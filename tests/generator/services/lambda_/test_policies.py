"""Policies are not checked; they tell which services a function calls that the stack does not have."""

from __future__ import annotations

from collections.abc import Callable

from esb_generator.expand import Expansion

Read = Callable[..., Expansion]
FUNCTION = """
{name}:
  Type: AWS::Serverless::Function
  Properties: {{Runtime: python3.12, Handler: app.handler, Policies: {policies}}}
"""


def notices(read: Read, *policies: str, more: str = "") -> list[str]:
    functions = (FUNCTION.format(name=f"F{index}", policies=each) for index, each in enumerate(policies))
    return [f"{notice.logical_id}: {notice.text}" for notice in read("".join(functions) + more).notices]


def statement(*actions: str, effect: str = "Allow") -> str:
    return f"[{{Statement: [{{Effect: {effect}, Action: [{', '.join(actions)}], Resource: '*'}}]}}]"


def test_a_service_is_named_once_with_every_function_that_calls_it(read: Read) -> None:
    bedrock = statement("'bedrock:InvokeModel'", "'bedrock:InvokeModelWithResponseStream'", "'s3:GetObject'")

    assert notices(read, *[bedrock] * 5) == [
        "F0: its Policies and those of F1, F2, F3 and 1 more allow calls of bedrock, which the stack does not have: "
        "such calls fail"
    ]


def test_policy_templates_of_sam_name_services_too(read: Read) -> None:
    assert notices(read, "[SQSPollerPolicy: {QueueName: q}, SESCrudPolicy: {IdentityName: i}]") == [
        "F0: its Policies allow calls of ses, which the stack does not have: such calls fail"
    ]


def test_managed_policies_denials_and_observing_say_nothing(read: Read) -> None:
    logs = statement("'logs:PutLogEvents'", "'xray:*'", "'*'")
    denied = statement("'bedrock:*'", effect="Deny")

    assert notices(read, "AmazonS3FullAccess", "[AWSLambdaBasicExecutionRole]", logs, denied) == []


def test_a_service_with_resources_in_the_template_is_reported_by_them(read: Read) -> None:
    machine = "\nMachine: {Type: AWS::StepFunctions::StateMachine}\n"

    assert notices(read, statement("'states:StartExecution'"), more=machine) == [
        "Machine: no Step Functions in the stack"
    ]
