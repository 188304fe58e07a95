import logging

NAMES = (
    "aws_request_id function_name function_version invoked_function_arn"
    " log_group_name log_stream_name memory_limit_in_mb"
)
logging.getLogger().setLevel(logging.INFO)


def handler(event, context):
    print("Lambda log message - print function")  # noqa: T201
    logging.info("Lambda log message - logging module")
    client = context.client_context
    return {
        "event": event,
        "context": {
            **{name: getattr(context, name) for name in NAMES.split()},
            "client_context": client and {"custom": client.custom, "env": client.env},
        },
    }
