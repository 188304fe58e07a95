import json


def handler(event, context):
    request = event["requestContext"]["http"]
    query = event.get("queryStringParameters", {})
    headers = event["headers"]
    if query.pop("trim", None):
        headers = {name: value for name, value in headers.items() if not name.startswith("x-")}
    try:
        data = json.loads(event["body"])
    except (KeyError, ValueError):
        data = event.get("body", "")
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(
            {
                "args": query,
                "data": data,
                "domain": event["requestContext"]["domainName"],
                "headers": headers,
                "method": request["method"],
                "origin": request["sourceIp"],
                "path": request["path"],
            }
        ),
    }
