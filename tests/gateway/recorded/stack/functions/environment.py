import os


def handler(event, context):
    return {"Hello": os.environ["Hello"]}  # noqa: SIM112
