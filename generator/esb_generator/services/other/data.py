"""Databases, file systems, search and analytics: unsupported."""

from __future__ import annotations

from esb_generator.cloudformation.resource_values.resource_types import Name, arn
from esb_generator.resources.service import (
    ResourceType,
    Service,
    event_of_missing,
    rows_of_missing,
    rows_without_effect,
)

_FILES = "elasticfilesystem"
_FILE_SYSTEM = {"Arn": arn(_FILES, "file-system/fs-{hex17}"), "FileSystemId": "fs-{hex17}"}
_ACCESS_POINT = {"AccessPointId": "fsap-{hex17}", "Arn": arn(_FILES, "access-point/fsap-{hex17}")}
_INSTANCE = {
    "DBInstanceArn": arn("rds", "db:{name}"),
    "Endpoint.Address": "{name}.{id12}.{region}.rds.{suffix}",
    "Endpoint.Port": "5432",
}
_CLUSTER = {
    "DBClusterArn": arn("rds", "cluster:{name}"),
    "Endpoint.Address": "{name}.cluster-{id12}.{region}.rds.{suffix}",
    "Endpoint.Port": "5432",
    "ReadEndpoint.Address": "{name}.cluster-ro-{id12}.{region}.rds.{suffix}",
}
_OTHERS = "DSQL Glue Kendra OSIS OpenSearchServerless QLDB S3Files Timestream"

SERVICE = Service(
    "data",
    (
        *rows_of_missing(
            "EFS",
            ResourceType("AWS::EFS::FileSystem", attributes=_FILE_SYSTEM, ref="fs-{hex17}"),
            ResourceType("AWS::EFS::AccessPoint", attributes=_ACCESS_POINT, ref="fsap-{hex17}"),
            "AWS::EFS::*",
        ),
        *rows_of_missing(
            "RDS",
            ResourceType("AWS::RDS::DBInstance", Name("DBInstanceIdentifier"), _INSTANCE),
            ResourceType("AWS::RDS::DBCluster", Name("DBClusterIdentifier"), _CLUSTER),
            "AWS::RDS::*",
        ),
        *rows_without_effect("AWS::OpenSearchServerless::AccessPolicy*", "AWS::OpenSearchServerless::SecurityPolicy*"),
        *rows_of_missing("DocumentDB", "AWS::DocDB::*"),
        *(row for name in _OTHERS.split() for row in rows_of_missing(name, f"AWS::{name}::*")),
    ),
    (event_of_missing("DocumentDB", "DocumentDB", source="Cluster", generates="AWS::Lambda::EventSourceMapping"),),
)
