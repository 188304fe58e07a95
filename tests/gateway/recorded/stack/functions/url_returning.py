import json

VALUES = {
    "string": "hello",
    "integer": 3,
    "float": 3.1,
    "boolean": True,
    "list-mixed": ["hello", 3, True],
    "dict": {"hello": "world"},
    "http-response": {"statusCode": 200, "body": "body123"},
    "http-response-json": {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"hello": "world"}),
    },
    "hi": {"statusCode": 200, "body": "hi"},
}


def handler(event, context):
    return VALUES[event["rawQueryString"]]
