"""The AWS services, a sub-package each. A new one needs its sub-package and a line here.

A line has the prefixes of resource types, and the SAM event types, for which the sub-package is imported.
"""

from __future__ import annotations

from typing import Final

from esb_generator.resources.registry import Registry
from esb_generator.resources.service import ServiceModule

_LAMBDA: Final = (
    "AWS::Lambda:: AWS::Serverless::CapacityProvider AWS::Serverless::Connector AWS::Serverless::Function "
    "AWS::Serverless::LayerVersion AWS::Serverless::MicrovmImage AWS::Serverless::NetworkConnector "
    "AWS::Serverless::WebFunction"
)
_APIGATEWAY: Final = "AWS::ApiGateway AWS::Serverless::Api AWS::Serverless::HttpApi AWS::Serverless::WebSocketApi"
_DYNAMODB: Final = "AWS::DynamoDB:: AWS::Serverless::SimpleTable"
_MESSAGING: Final = "AlexaSkill IoTRule MQ MSK SelfManagedKafka"

SERVICES: Final = (
    ServiceModule("esb_generator.services.lambda_:SERVICE", _LAMBDA),
    ServiceModule("esb_generator.services.apigateway:SERVICE", _APIGATEWAY, "Api HttpApi"),
    ServiceModule("esb_generator.services.dynamodb:SERVICE", _DYNAMODB, "DynamoDB"),
    ServiceModule("esb_generator.services.s3:SERVICE", "AWS::S3::", "S3"),
    ServiceModule(
        "esb_generator.services.eventbridge:SERVICE",
        "AWS::Events:: AWS::Pipes::",
        "Schedule CloudWatchEvent EventBridgeRule",
    ),
    ServiceModule("esb_generator.services.scheduler:SERVICE", "AWS::Scheduler::", "ScheduleV2"),
    ServiceModule("esb_generator.services.sqs:SERVICE", "AWS::SQS::", "SQS"),
    ServiceModule("esb_generator.services.sns:SERVICE", "AWS::SNS::", "SNS"),
    ServiceModule("esb_generator.services.stepfunctions:SERVICE", "AWS::Serverless::StateMachine AWS::StepFunctions::"),
    ServiceModule("esb_generator.services.cognito:SERVICE", "AWS::Cognito::", "Cognito"),
    ServiceModule("esb_generator.services.kinesis:SERVICE", "AWS::Kinesis:: AWS::KinesisFirehose::", "Kinesis"),
    ServiceModule("esb_generator.services.ssm:SERVICE", "AWS::SSM::"),
    ServiceModule("esb_generator.services.secretsmanager:SERVICE", "AWS::SecretsManager::"),
    ServiceModule("esb_generator.services.appsync:SERVICE", "AWS::AppSync:: AWS::Serverless::GraphQLApi"),
    ServiceModule(
        "esb_generator.services.cloudformation:SERVICE",
        "AWS::CDK:: AWS::CloudFormation:: AWS::Serverless::Application Custom::",
    ),
    ServiceModule("esb_generator.services.other.compute:SERVICE"),
    ServiceModule("esb_generator.services.other.data:SERVICE", events="DocumentDB"),
    ServiceModule("esb_generator.services.other.messaging:SERVICE", events=_MESSAGING),
    ServiceModule("esb_generator.services.other.networking:SERVICE"),
    ServiceModule("esb_generator.services.other.operations:SERVICE", events="CloudWatchLogs"),
    ServiceModule("esb_generator.services.other.security:SERVICE"),
)
REGISTRY: Final = Registry(SERVICES)
