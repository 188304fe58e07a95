"""Networks, which functions of the stack do not need; load balancers and distributions, which are unsupported."""

from __future__ import annotations

from collections.abc import Mapping

from esb_generator.cloudformation.resource_values.resource_types import Format
from esb_generator.resources.service import ResourceType, Service, rows_of_missing, rows_without_effect

_VPC: Mapping[str, Format] = {
    "CidrBlock": "{CidrBlock}",
    "CidrBlockAssociations": ("vpc-cidr-assoc-{hex17}",),
    "DefaultNetworkAcl": "acl-{hex17}",
    "DefaultSecurityGroup": "sg-{hex17}",
    "Ipv6CidrBlocks": ("2001:db8:1234:1a00::/56",),
    "VpcId": "vpc-{hex17}",
}
_SUBNET: Mapping[str, Format] = {
    "AvailabilityZone": "{region}a",
    "Ipv6CidrBlocks": ("2001:db8:1234:1a00::/64",),
    "SubnetId": "subnet-{hex17}",
    "VpcId": "{VpcId}",
}
_ENDPOINT: Mapping[str, Format] = {
    "DnsEntries": ("Z{ID14}:vpce-{hex17}.vpce.{region}.vpce.{suffix}",),
    "Id": "vpce-{hex17}",
    "NetworkInterfaceIds": ("eni-{hex17}",),
}
_INSTANCE = {
    "AvailabilityZone": "{region}a",
    "InstanceId": "i-{hex17}",
    "PrivateDnsName": "ip-10-0-0-10.{region}.compute.internal",
    "PrivateIp": "10.0.0.10",
    "PublicDnsName": "ec2-192-0-2-10.{region}.compute.{suffix}",
    "PublicIp": "192.0.2.10",
}
_SILENT = (
    "DHCPOptions EIP EgressOnlyInternetGateway FlowLog InternetGateway NatGateway NetworkAcl PrefixList Route "
    "SecurityGroup Subnet VPC"
)
_DISTRIBUTION = {"DomainName": "d{id13}.cloudfront.{suffix}", "Id": "E{ID13}"}


def _unnamed(type_: str, ref: str, **attributes: Format) -> ResourceType:
    return ResourceType(f"AWS::{type_}", attributes=attributes, ref=ref)


SERVICE = Service(
    "networking",
    (
        *rows_without_effect(
            _unnamed("EC2::VPC", "vpc-{hex17}", **_VPC),
            _unnamed("EC2::Subnet", "subnet-{hex17}", **_SUBNET),
            _unnamed("EC2::SecurityGroup", "sg-{hex17}", GroupId="sg-{hex17}", VpcId="{VpcId}"),
            _unnamed("EC2::EIP", "192.0.2.10", AllocationId="eipalloc-{hex17}", PublicIp="192.0.2.10"),
            _unnamed("EC2::InternetGateway", "igw-{hex17}", InternetGatewayId="igw-{hex17}"),
            _unnamed("EC2::NatGateway", "nat-{hex17}", NatGatewayId="nat-{hex17}"),
            _unnamed("EC2::RouteTable", "rtb-{hex17}", RouteTableId="rtb-{hex17}"),
            _unnamed("EC2::VPCEndpoint", "vpce-{hex17}", **_ENDPOINT),
            *(f"AWS::EC2::{name}*" for name in _SILENT.split()),
            "AWS::Route53::*",
        ),
        *rows_of_missing("EC2", _unnamed("EC2::Instance", "i-{hex17}", **_INSTANCE), "AWS::EC2::*"),
        *rows_of_missing(
            "CloudFront",
            _unnamed("CloudFront::Distribution", "E{ID13}", **_DISTRIBUTION),
            _unnamed("CloudFront::OriginAccessControl", "E{ID13}", Id="E{ID13}"),
            "AWS::CloudFront::*",
        ),
        *rows_of_missing("load balancer", "AWS::ElasticLoadBalancing::*", "AWS::ElasticLoadBalancingV2::*"),
        *rows_of_missing("VpcLattice", "AWS::VpcLattice::*"),
        *rows_of_missing("Transfer", "AWS::Transfer::*"),
    ),
)
