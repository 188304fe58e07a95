"""What is said of engines when they start."""

from __future__ import annotations

from pathlib import Path

from esb_gateway.local.engine_choice import EngineChoice
from esb_gateway.local.engines.running import missing_capabilities


def test_what_an_engine_lacks_is_said_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/resources.yml").write_text(
        "DynamoDB:\n"
        "  - TableName: things\n"
        "    KeySchema: [{AttributeName: id, KeyType: HASH}]\n"
        "    AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n"
        "    BillingMode: PAY_PER_REQUEST\n"
        "    PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}\n"
        "S3:\n"
        "  - BucketName: files\n"
        "    PublicAccessBlockConfiguration: {BlockPublicAcls: true}\n"
    )
    assert [*missing_capabilities(tmp_path, EngineChoice())] == []
    assert [*missing_capabilities(tmp_path, EngineChoice("dynoxide", "seaweedfs"))] == [
        "things: dynoxide has no point-in-time recovery: there are no backups; esb-provision export makes one.",
        "files: seaweedfs has no public access blocks: the block is not stored; without a bucket policy nothing is "
        "public.",
    ]
