def handler(event, context):
    return "x" * (event["bytes"] - 2)
