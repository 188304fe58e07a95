def handler(event, context):
    print("multi")  # noqa: T201
    print("line\nstring\nanother\rline")  # noqa: T201
