import pathlib
import time

NOTE = pathlib.Path("/tmp/esb-recorded-note")
numbers = {"number": 0}


def handler(event, context):
    time.sleep(event.get("sleep", 0))
    if "write-file" in event:
        NOTE.write_text(event["write-file"])
    if "read-file" in event:
        return {"content": NOTE.read_text()}
    if "set-number" in event:
        numbers["number"] = event["set-number"]
    if "read-number" in event:
        return dict(numbers)
    return None
