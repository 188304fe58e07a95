def handler(event, context):
    if event.get("raise_error"):
        raise Exception("Test exception (this is intentional)")
    if event.get("mode") == "failure":
        raise Exception("intentional failure!")
    if "message" in event:
        raise Exception("intentional failure")
    if event.get("mode") == "success":
        return {"hello": "world", "test": "abc", "val": 5, "success": True}
    names = (
        "aws_request_id client_context function_name function_version invoked_function_arn"
        " log_group_name log_stream_name memory_limit_in_mb"
    )
    return {"event": event, "context": {name: getattr(context, name) for name in names.split()}}
