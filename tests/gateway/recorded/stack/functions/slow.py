import pathlib
import time

numbers = {"number": 0}


def handler(event, context):
    time.sleep(event.get("sleep", 0))
    if "write-file" in event:
        pathlib.Path(event["file"]).write_text(event["write-file"])
    if "read-file" in event:
        return {"content": pathlib.Path(event["file"]).read_text()}
    if "set-number" in event:
        numbers["number"] = event["set-number"]
    if "read-number" in event:
        return dict(numbers)
    return None
