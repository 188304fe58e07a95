"""What Ref and GetAtt give for each type of resource, by the formats that AWS documents.

A format's fields are `{name}` (the physical name), `{logical_id}`, `{whole_id}` (the same after the ids of the nested
stacks around it), `{region}`, `{account}`, `{partition}`, `{stack}`,
`{suffix}` (of AWS's domain names), `{Property}` (a property of the resource, as text), `{target}` (the name of the
function in the property TargetFunctionArn), and made-up ids that are the same in every build: `{hex17}`, `{id10}`,
`{ID14}` of so many characters, `{uuid}`. A tuple of formats makes a list.
To support a type, add a row.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from esb_generator.values import NOTHING

Format: TypeAlias = str | tuple[str, ...]


class Kind(NamedTuple):
    """What a type of resource is called.

    `name_property` is the property that gives the physical name; without it the name is made from `default_name`.
    `runs` says that the stack has such a resource, so that what Ref and GetAtt give is real, not a stand-in;
    `deploy_only` lists attributes that only AWS would know all the same, and `elsewhere` says that its ids are of use
    to the template's own resources, but not to a function that calls AWS's address with them. `open` kinds have
    attributes that no table knows (custom resources, nested stacks, types that are not listed).
    """

    ref: Format = "{name}"
    attributes: Mapping[str, Format] = NOTHING
    name_property: str | None = None
    default_name: str = "{stack}-{logical_id}"
    runs: bool = False
    deploy_only: frozenset[str] = frozenset()
    elsewhere: bool = False
    open: bool = True
    shortest_name: int = 1
    longest_name: int | None = None
    lower_case: bool = False

    def default_name_of(self, place: StackPlace, logical_id: str) -> str:
        """The physical name of a resource that has none of its own."""
        own = logical_id if "{stack}" in self.default_name else place.prefix + logical_id
        name = self.default_name.format(stack=place.stack_name, logical_id=own)
        if len(name) < self.shortest_name:
            name = f"{place.stack_name}-{name}"
        name = name.lower() if self.lower_case else name
        if self.longest_name is None or len(name) <= self.longest_name:
            return name
        unique = placeholder_id("hex8", name)
        return f"{name[: self.longest_name - len(unique) - 1]}-{unique}"


class StackPlace(NamedTuple):
    """Where the application would live at AWS.

    In a nested stack `prefix` begins the names that are made of logical ids; `nesting` counts the stacks around it.
    """

    stack_name: str
    region: str
    account_id: str
    prefix: str = ""
    nesting: int = 0

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`."""
        for start, partition in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")):
            if self.region.startswith(start):
                return partition
        return "aws"

    @property
    def url_suffix(self) -> str:
        """The domain of AWS's endpoints in this partition."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    @property
    def stack_id(self) -> str:
        """The stack's ARN."""
        unique = placeholder_id("uuid", self.stack_name)
        return f"arn:{self.partition}:cloudformation:{self.region}:{self.account_id}:stack/{self.stack_name}/{unique}"


def placeholder_id(kind: str, seed: str) -> str:
    """An id in AWS's shape that depends on nothing but its arguments."""
    source = hashlib.shake_256(f"{kind}:{seed}".encode())
    match kind:
        case "uuid":
            import uuid  # noqa: PLC0415 - few templates need one, and it asks the machine what it is

            return str(uuid.UUID(bytes=source.digest(16), version=4))
        case _ if kind.startswith("hex"):
            return source.hexdigest(int(kind[3:]))[: int(kind[3:])]
        case _:
            alphabet = (
                string.ascii_uppercase + string.digits if kind.isupper() else string.ascii_lowercase + string.digits
            )
            return "".join(alphabet[byte % len(alphabet)] for byte in source.digest(int(kind[2:])))


class Fields(dict[str, str]):
    """The fields of a format; ids and properties are made when they are asked for."""

    def __init__(self, place: StackPlace, logical_id: str, name: str, property_text: Callable[[str], str]) -> None:
        super().__init__(
            account=place.account_id,
            logical_id=logical_id,
            name=name,
            partition=place.partition,
            region=place.region,
            stack=place.stack_name,
            suffix=place.url_suffix,
            whole_id=place.prefix.replace("-", "") + logical_id,
        )
        self._seed = f"{place.stack_name}/{logical_id}"
        self._property_text = property_text

    def __missing__(self, key: str) -> str:
        if key == "target":
            return _function_name(self._property_text("TargetFunctionArn"))
        if key[0].isupper() and not key.startswith("ID"):
            return self._property_text(key)
        return placeholder_id(key, self._seed)


def _function_name(reference: str) -> str:
    """Of a function's ARN, a part of one, or a name, with or without a qualifier."""
    return reference.rpartition("function:")[2].partition(":")[0]


_AWS = "arn:{partition}:"
_HERE = "{region}:{account}"
_FUNCTION_ARN = f"{_AWS}lambda:{_HERE}:function:{{name}}"
_TABLE_ARN = f"{_AWS}dynamodb:{_HERE}:table/{{name}}"
_BUCKET_ARN = _AWS + "s3:::{name}"
_API_ID = "{whole_id}"  # as events carry it, and the ARNs that authorizers get

_FUNCTION = Kind(
    name_property="FunctionName",
    default_name="{logical_id}",
    attributes={"Arn": _FUNCTION_ARN},
    runs=True,
    open=False,
    longest_name=64,
)
_TABLE = Kind(
    name_property="TableName",
    default_name="{logical_id}",
    attributes={"Arn": _TABLE_ARN, "StreamArn": _TABLE_ARN + "/stream/2024-01-01T00:00:00.000"},
    runs=True,
    deploy_only=frozenset({"StreamArn"}),
    open=False,
    shortest_name=3,
    longest_name=255,
)
_REST_API = Kind(
    ref=_API_ID,
    name_property="Name",
    attributes={"RootResourceId": "{ID10}", "RestApiId": _API_ID},
    runs=True,
    elsewhere=True,
    open=False,
)
_HTTP_API = Kind(
    ref=_API_ID,
    name_property="Name",
    attributes={
        "ApiEndpoint": f"https://{_API_ID}.execute-api.{{region}}.{{suffix}}",
        "ApiId": _API_ID,
        "ExecuteApiArn": f"{_AWS}execute-api:{_HERE}:{_API_ID}",
    },
    runs=True,
    elsewhere=True,
    open=False,
)
_LAYER = Kind(
    name_property="LayerName",
    default_name="{logical_id}",
    longest_name=140,
    ref=f"{_AWS}lambda:{_HERE}:layer:{{name}}:1",
    attributes={
        "Arn": f"{_AWS}lambda:{_HERE}:layer:{{name}}:1",
        "LayerVersionArn": f"{_AWS}lambda:{_HERE}:layer:{{name}}:1",
    },
    runs=True,
    open=False,
)
_STATE_MACHINE_ARN = f"{_AWS}states:{_HERE}:stateMachine:{{name}}"
_STATE_MACHINE = Kind(
    name_property="StateMachineName",
    ref=_STATE_MACHINE_ARN,
    attributes={"Arn": _STATE_MACHINE_ARN, "Name": "{name}", "StateMachineRevisionId": "{uuid}"},
)
_STAGE = Kind(name_property="StageName", default_name="Prod", runs=True)
_OTHER = Kind()


def _arn(service: str, resource: str, *, here: str = _HERE) -> str:
    return f"{_AWS}{service}:{here}:{resource}"


_GRAPHQL_API = Kind(
    ref=_arn("appsync", "apis/{id26}"),
    attributes={
        "ApiId": "{id26}",
        "Arn": _arn("appsync", "apis/{id26}"),
        "GraphQLUrl": "https://{id26}.appsync-api.{region}.{suffix}/graphql",
        "RealtimeUrl": "wss://{id26}.appsync-realtime-api.{region}.{suffix}/graphql",
    },
)


KINDS: Mapping[str, Kind] = {
    "AWS::Serverless::Function": _FUNCTION,
    "AWS::Lambda::Function": _FUNCTION,
    "AWS::Lambda::Alias": Kind(
        name_property="Name",
        ref=_arn("lambda", "function:{FunctionName}:{name}"),
        attributes={"AliasArn": _arn("lambda", "function:{FunctionName}:{name}")},
        runs=True,
        open=False,
    ),
    "AWS::Lambda::Version": Kind(
        ref=_arn("lambda", "function:{FunctionName}:1"),
        attributes={"Version": "1", "FunctionArn": _arn("lambda", "function:{FunctionName}:1")},
        runs=True,
        open=False,
    ),
    "AWS::Lambda::Url": Kind(
        ref="{TargetFunctionArn}",
        # As functions of the stack reach it; outside it is the gateway's published address.
        attributes={"FunctionUrl": "http://gateway:8080/_url/{target}/", "FunctionArn": "{TargetFunctionArn}"},
        runs=True,
        open=False,
    ),
    "AWS::Lambda::EventSourceMapping": Kind(
        ref="{uuid}",
        attributes={"Id": "{uuid}", "EventSourceMappingArn": _arn("lambda", "event-source-mapping:{uuid}")},
    ),
    "AWS::Lambda::LayerVersion": _LAYER,
    "AWS::Serverless::LayerVersion": _LAYER,
    "AWS::Serverless::SimpleTable": _TABLE,
    "AWS::DynamoDB::Table": _TABLE,
    "AWS::DynamoDB::GlobalTable": Kind(
        name_property="TableName",
        default_name="{logical_id}",
        attributes={
            "Arn": _TABLE_ARN,
            "StreamArn": _TABLE_ARN + "/stream/2024-01-01T00:00:00.000",
            "TableId": "{uuid}",
        },
    ),
    "AWS::S3::Bucket": Kind(
        name_property="BucketName",
        lower_case=True,
        longest_name=63,
        attributes={
            "Arn": _BUCKET_ARN,
            "DomainName": "{name}.s3.{suffix}",
            "DualStackDomainName": "{name}.s3.dualstack.{region}.{suffix}",
            "RegionalDomainName": "{name}.s3.{region}.{suffix}",
            "WebsiteURL": "http://{name}.s3-website-{region}.{suffix}",
        },
        runs=True,
        open=False,
    ),
    "AWS::Serverless::Api": _REST_API,
    "AWS::ApiGateway::RestApi": _REST_API,
    "AWS::ApiGateway::Stage": _STAGE,
    "AWS::ApiGateway::Deployment": Kind(ref="{id6}", attributes={"DeploymentId": "{id6}"}, runs=True),
    "AWS::ApiGateway::Resource": Kind(ref="{id6}", attributes={"ResourceId": "{id6}"}, runs=True),
    "AWS::ApiGateway::Method": Kind(runs=True),
    "AWS::ApiGateway::Authorizer": Kind(ref="{id6}", attributes={"AuthorizerId": "{id6}"}, runs=True),
    "AWS::ApiGateway::ApiKey": Kind(ref="{id10}", name_property="Name", attributes={"APIKeyId": "{id10}"}, runs=True),
    "AWS::ApiGateway::UsagePlan": Kind(ref="{id6}", attributes={"Id": "{id6}"}, runs=True),
    "AWS::ApiGateway::UsagePlanKey": Kind(ref="{id10}:{id6}", attributes={"Id": "{id10}:{id6}"}, runs=True),
    "AWS::ApiGateway::VpcLink": Kind(ref="{id6}", attributes={"VpcLinkId": "{id6}"}),
    "AWS::ApiGateway::RequestValidator": Kind(ref="{id6}", attributes={"RequestValidatorId": "{id6}"}),
    "AWS::ApiGateway::DomainName": Kind(
        name_property="DomainName",
        attributes={
            "DistributionDomainName": "{id13}.cloudfront.net",
            "DistributionHostedZoneId": "Z2FDTNDATAQYW2",
            "DomainNameArn": "arn:{partition}:apigateway:{region}::/domainnames/{name}",
            "RegionalDomainName": "d-{id10}.execute-api.{region}.{suffix}",
            "RegionalHostedZoneId": "Z{ID14}",
        },
    ),
    "AWS::Serverless::HttpApi": _HTTP_API,
    "AWS::Serverless::WebSocketApi": Kind(
        ref=_API_ID,
        attributes={"ApiEndpoint": f"wss://{_API_ID}.execute-api.{{region}}.{{suffix}}", "ApiId": _API_ID},
    ),
    "AWS::ApiGatewayV2::Api": _HTTP_API,
    "AWS::ApiGatewayV2::Stage": Kind(name_property="StageName", default_name="$default", runs=True),
    "AWS::ApiGatewayV2::Integration": Kind(ref="{id10}", attributes={"IntegrationId": "{id10}"}, runs=True),
    "AWS::ApiGatewayV2::Route": Kind(ref="{id10}", attributes={"RouteId": "{id10}"}, runs=True),
    "AWS::ApiGatewayV2::Deployment": Kind(ref="{id6}", attributes={"DeploymentId": "{id6}"}, runs=True),
    "AWS::ApiGatewayV2::Authorizer": Kind(ref="{id6}", attributes={"AuthorizerId": "{id6}"}, runs=True),
    "AWS::ApiGatewayV2::VpcLink": Kind(ref="{id6}", attributes={"VpcLinkId": "{id6}"}),
    "AWS::ApiGatewayV2::DomainName": Kind(
        name_property="DomainName",
        attributes={
            "DomainNameArn": "arn:{partition}:apigateway:{region}::/domainnames/{name}",
            "RegionalDomainName": "d-{id10}.execute-api.{region}.{suffix}",
            "RegionalHostedZoneId": "Z{ID14}",
        },
    ),
    "AWS::Serverless::StateMachine": _STATE_MACHINE._replace(name_property="Name"),
    "AWS::StepFunctions::StateMachine": _STATE_MACHINE,
    "AWS::StepFunctions::Activity": Kind(
        name_property="Name",
        ref=_arn("states", "activity:{name}"),
        attributes={"Arn": _arn("states", "activity:{name}"), "Name": "{name}"},
    ),
    "AWS::SQS::Queue": Kind(
        name_property="QueueName",
        ref="https://sqs.{region}.{suffix}/{account}/{name}",
        attributes={
            "Arn": _arn("sqs", "{name}"),
            "QueueName": "{name}",
            "QueueUrl": "https://sqs.{region}.{suffix}/{account}/{name}",
        },
    ),
    "AWS::SNS::Topic": Kind(
        name_property="TopicName",
        ref=_arn("sns", "{name}"),
        attributes={"TopicArn": _arn("sns", "{name}"), "TopicName": "{name}"},
    ),
    "AWS::SNS::Subscription": Kind(
        ref=_arn("sns", "{logical_id}:{uuid}"), attributes={"Arn": _arn("sns", "{logical_id}:{uuid}")}
    ),
    "AWS::Events::EventBus": Kind(
        name_property="Name",
        attributes={"Arn": _arn("events", "event-bus/{name}"), "Name": "{name}"},
    ),
    "AWS::Events::Rule": Kind(name_property="Name", attributes={"Arn": _arn("events", "rule/{name}")}),
    "AWS::Events::Archive": Kind(name_property="ArchiveName", attributes={"Arn": _arn("events", "archive/{name}")}),
    "AWS::Events::Connection": Kind(
        name_property="Name",
        attributes={
            "Arn": _arn("events", "connection/{name}/{uuid}"),
            "SecretArn": _arn("secretsmanager", "secret:events!connection/{name}/{uuid}-{id6}"),
        },
    ),
    "AWS::Events::ApiDestination": Kind(
        name_property="Name", attributes={"Arn": _arn("events", "api-destination/{name}/{uuid}")}
    ),
    "AWS::Scheduler::Schedule": Kind(
        name_property="Name", attributes={"Arn": _arn("scheduler", "schedule/default/{name}")}
    ),
    "AWS::Scheduler::ScheduleGroup": Kind(
        name_property="Name", attributes={"Arn": _arn("scheduler", "schedule-group/{name}")}
    ),
    "AWS::Pipes::Pipe": Kind(name_property="Name", attributes={"Arn": _arn("pipes", "pipe/{name}")}),
    "AWS::Logs::LogGroup": Kind(name_property="LogGroupName", attributes={"Arn": _arn("logs", "log-group:{name}:*")}),
    "AWS::Logs::LogStream": Kind(name_property="LogStreamName"),
    "AWS::IAM::Role": Kind(
        name_property="RoleName",
        attributes={"Arn": _arn("iam", "role/{name}", here=":{account}"), "RoleId": "AROA{ID17}"},
    ),
    "AWS::IAM::User": Kind(name_property="UserName", attributes={"Arn": _arn("iam", "user/{name}", here=":{account}")}),
    "AWS::IAM::AccessKey": Kind(ref="AKIA{ID16}", attributes={"SecretAccessKey": "{id40}"}),
    "AWS::IAM::Group": Kind(
        name_property="GroupName", attributes={"Arn": _arn("iam", "group/{name}", here=":{account}")}
    ),
    "AWS::IAM::ManagedPolicy": Kind(
        name_property="ManagedPolicyName",
        ref=_arn("iam", "policy/{name}", here=":{account}"),
        attributes={"PolicyArn": _arn("iam", "policy/{name}", here=":{account}")},
    ),
    "AWS::IAM::InstanceProfile": Kind(
        name_property="InstanceProfileName",
        attributes={"Arn": _arn("iam", "instance-profile/{name}", here=":{account}")},
    ),
    "AWS::KMS::Key": Kind(ref="{uuid}", attributes={"Arn": _arn("kms", "key/{uuid}"), "KeyId": "{uuid}"}),
    "AWS::KMS::Alias": Kind(name_property="AliasName"),
    "AWS::SecretsManager::Secret": Kind(
        name_property="Name",
        default_name="{logical_id}",
        ref=_arn("secretsmanager", "secret:{name}-{id6}"),
        attributes={"Id": _arn("secretsmanager", "secret:{name}-{id6}")},
    ),
    "AWS::SSM::Parameter": Kind(name_property="Name", attributes={"Type": "{Type}", "Value": "{Value}"}),
    "AWS::Cognito::UserPool": Kind(
        name_property="UserPoolName",
        ref="{region}_{id9}",
        attributes={
            "Arn": _arn("cognito-idp", "userpool/{region}_{id9}"),
            "ProviderName": "cognito-idp.{region}.{suffix}/{region}_{id9}",
            "ProviderURL": "https://cognito-idp.{region}.{suffix}/{region}_{id9}",
            "UserPoolId": "{region}_{id9}",
        },
    ),
    "AWS::Cognito::UserPoolClient": Kind(
        ref="{id26}", attributes={"ClientId": "{id26}", "ClientSecret": "{id51}", "Name": "{name}"}
    ),
    "AWS::Cognito::UserPoolDomain": Kind(
        name_property="Domain", attributes={"CloudFrontDistribution": "{id13}.cloudfront.net"}
    ),
    "AWS::Cognito::IdentityPool": Kind(ref="{region}:{uuid}", attributes={"Id": "{region}:{uuid}", "Name": "{name}"}),
    "AWS::Kinesis::Stream": Kind(name_property="Name", attributes={"Arn": _arn("kinesis", "stream/{name}")}),
    "AWS::Kinesis::StreamConsumer": Kind(
        name_property="ConsumerName",
        ref="{StreamARN}/consumer/{name}:1700000000",
        attributes={"ConsumerARN": "{StreamARN}/consumer/{name}:1700000000", "ConsumerName": "{name}"},
    ),
    "AWS::KinesisFirehose::DeliveryStream": Kind(
        name_property="DeliveryStreamName", attributes={"Arn": _arn("firehose", "deliverystream/{name}")}
    ),
    "AWS::Serverless::GraphQLApi": _GRAPHQL_API,
    "AWS::AppSync::GraphQLApi": _GRAPHQL_API,
    "AWS::AppSync::DataSource": Kind(
        name_property="Name",
        ref=_arn("appsync", "apis/{id26}/datasources/{name}"),
        attributes={"DataSourceArn": _arn("appsync", "apis/{id26}/datasources/{name}"), "Name": "{name}"},
    ),
    "AWS::Batch::ComputeEnvironment": Kind(
        name_property="ComputeEnvironmentName", ref=_arn("batch", "compute-environment/{name}")
    ),
    "AWS::Batch::JobDefinition": Kind(name_property="JobDefinitionName", ref=_arn("batch", "job-definition/{name}:1")),
    "AWS::Batch::JobQueue": Kind(name_property="JobQueueName", ref=_arn("batch", "job-queue/{name}")),
    "AWS::ECS::Cluster": Kind(name_property="ClusterName", attributes={"Arn": _arn("ecs", "cluster/{name}")}),
    "AWS::ECS::TaskDefinition": Kind(name_property="Family", ref=_arn("ecs", "task-definition/{name}:1")),
    "AWS::CloudFront::OriginAccessControl": Kind(ref="E{ID13}", attributes={"Id": "E{ID13}"}),
    "AWS::AppSync::ApiKey": Kind(
        ref=_arn("appsync", "apis/{id26}"), attributes={"ApiKey": "da2-{id26}", "ApiKeyId": "{id26}"}
    ),
    "AWS::EC2::VPC": Kind(
        ref="vpc-{hex17}",
        attributes={
            "CidrBlock": "{CidrBlock}",
            "CidrBlockAssociations": ("vpc-cidr-assoc-{hex17}",),
            "DefaultNetworkAcl": "acl-{hex17}",
            "DefaultSecurityGroup": "sg-{hex17}",
            "Ipv6CidrBlocks": ("2001:db8:1234:1a00::/56",),
            "VpcId": "vpc-{hex17}",
        },
    ),
    "AWS::EC2::Subnet": Kind(
        ref="subnet-{hex17}",
        attributes={
            "AvailabilityZone": "{region}a",
            "Ipv6CidrBlocks": ("2001:db8:1234:1a00::/64",),
            "SubnetId": "subnet-{hex17}",
            "VpcId": "{VpcId}",
        },
    ),
    "AWS::EC2::SecurityGroup": Kind(ref="sg-{hex17}", attributes={"GroupId": "sg-{hex17}", "VpcId": "{VpcId}"}),
    "AWS::EC2::Instance": Kind(
        ref="i-{hex17}",
        attributes={
            "AvailabilityZone": "{region}a",
            "InstanceId": "i-{hex17}",
            "PrivateDnsName": "ip-10-0-0-10.{region}.compute.internal",
            "PrivateIp": "10.0.0.10",
            "PublicDnsName": "ec2-192-0-2-10.{region}.compute.{suffix}",
            "PublicIp": "192.0.2.10",
        },
    ),
    "AWS::EC2::EIP": Kind(ref="192.0.2.10", attributes={"AllocationId": "eipalloc-{hex17}", "PublicIp": "192.0.2.10"}),
    "AWS::EC2::InternetGateway": Kind(ref="igw-{hex17}", attributes={"InternetGatewayId": "igw-{hex17}"}),
    "AWS::EC2::NatGateway": Kind(ref="nat-{hex17}", attributes={"NatGatewayId": "nat-{hex17}"}),
    "AWS::EC2::RouteTable": Kind(ref="rtb-{hex17}", attributes={"RouteTableId": "rtb-{hex17}"}),
    "AWS::EC2::VPCEndpoint": Kind(
        ref="vpce-{hex17}",
        attributes={
            "DnsEntries": ("Z{ID14}:vpce-{hex17}.vpce.{region}.vpce.{suffix}",),
            "Id": "vpce-{hex17}",
            "NetworkInterfaceIds": ("eni-{hex17}",),
        },
    ),
    "AWS::EFS::FileSystem": Kind(
        ref="fs-{hex17}",
        attributes={"Arn": _arn("elasticfilesystem", "file-system/fs-{hex17}"), "FileSystemId": "fs-{hex17}"},
    ),
    "AWS::EFS::AccessPoint": Kind(
        ref="fsap-{hex17}",
        attributes={
            "AccessPointId": "fsap-{hex17}",
            "Arn": _arn("elasticfilesystem", "access-point/fsap-{hex17}"),
        },
    ),
    "AWS::ECR::Repository": Kind(
        name_property="RepositoryName",
        attributes={
            "Arn": _arn("ecr", "repository/{name}"),
            "RepositoryUri": "{account}.dkr.ecr.{region}.{suffix}/{name}",
        },
    ),
    "AWS::CloudFront::Distribution": Kind(
        ref="E{ID13}", attributes={"DomainName": "d{id13}.cloudfront.net", "Id": "E{ID13}"}
    ),
    "AWS::RDS::DBInstance": Kind(
        name_property="DBInstanceIdentifier",
        attributes={
            "DBInstanceArn": _arn("rds", "db:{name}"),
            "Endpoint.Address": "{name}.{id12}.{region}.rds.{suffix}",
            "Endpoint.Port": "5432",
        },
    ),
    "AWS::RDS::DBCluster": Kind(
        name_property="DBClusterIdentifier",
        attributes={
            "DBClusterArn": _arn("rds", "cluster:{name}"),
            "Endpoint.Address": "{name}.cluster-{id12}.{region}.rds.{suffix}",
            "Endpoint.Port": "5432",
            "ReadEndpoint.Address": "{name}.cluster-ro-{id12}.{region}.rds.{suffix}",
        },
    ),
    "AWS::CloudFormation::Stack": Kind(ref=_arn("cloudformation", "stack/{stack}-{logical_id}/{uuid}")),
    "AWS::Serverless::Application": Kind(ref=_arn("cloudformation", "stack/{stack}-{logical_id}/{uuid}")),
}


def kind_of(resource_type: str) -> Kind:
    """The row of the table, or that of any other type."""
    return KINDS.get(resource_type, _OTHER)


def other_attribute(resource_type: str, attribute: str) -> Format:
    """A plausible format for an attribute that the table does not have, by the habits of AWS's names."""
    service = resource_type.split("::")[1].lower() if resource_type.count("::") == 2 else "custom"
    if attribute.endswith(("Arn", "ARN")):
        return _arn(service, "{name}")
    if attribute.endswith(("Url", "URL", "Uri", "URI")):
        return f"https://{{name}}.{service}.{{region}}.{{suffix}}"
    if attribute.endswith(("Endpoint", "Address", "DomainName", "DNSName", "DnsName")):
        return f"{{name}}.{service}.{{region}}.{{suffix}}"
    if attribute.endswith("Port"):
        return "443"
    return "{name}-" + attribute.replace(".", "-").replace("{", "").replace("}", "")
