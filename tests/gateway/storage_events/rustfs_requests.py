"""What RustFS sends to a webhook."""

from __future__ import annotations

from typing import Any

TIME = 1_764_495_000_123_456_789  # nanoseconds
EVENT_TIME = "2025-11-30T09:30:00.150Z"
AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=AKID/20251130/us-east-1/s3/aws4_request, Signature=5a17"


def change(name: str, key: str, **described: Any) -> dict[str, Any]:
    """A request: the key is encoded as in a form, `described` is what else is in `object`."""
    return {
        "EventName": f"s3:{name}",
        "Key": "uploads/as it is",
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "rustfs:s3",
                "awsRegion": "",
                "eventTime": EVENT_TIME,
                "eventName": f"s3:{name}",
                "userIdentity": {"principalId": "AKID"},
                "requestParameters": {"authorization": AUTHORIZATION, "principalId": "AKID"},
                "responseElements": {"x-amz-request-id": "1", "x-amz-id-2": ""},
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "configurationId": "Config",
                    "bucket": {
                        "name": "uploads",
                        "ownerIdentity": {"principalId": "AKID"},
                        "arn": "arn:aws:s3:::uploads",
                    },
                    "object": {"key": key, "sequencer": f"{TIME:X}", **described},
                },
                "source": {"host": "172.18.0.5", "port": "", "userAgent": "Boto3"},
            }
        ],
    }
