import os


def handler(event, context):
    return {
        "function_variant": os.environ["VARIANT"],
        "function_version": context.function_version,
        "request_id": context.aws_request_id,
        "request_prefix": event["request_prefix"],
    }
