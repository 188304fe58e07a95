import json


def handler(event, context):
    print(json.dumps(event))  # noqa: T201
    return event
