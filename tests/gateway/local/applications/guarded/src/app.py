"""An authorizer that lets `open sesame` in, and a function that says who called."""

import json
from typing import Any


def check(event: Any, context: Any) -> Any:
    if event["authorizationToken"] == "fail":
        raise Exception("Unauthorized")
    effect = "Allow" if event["authorizationToken"] == "open sesame" else "Deny"
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
    return {
        "principalId": "ada",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"shop": 7},
    }


def hello(event: Any, context: Any) -> Any:
    return {"statusCode": 200, "body": json.dumps(event["requestContext"].get("authorizer"))}
