#!/usr/bin/env python3
"""An external extension that prints the events it gets. With EXTENSION_CRASH it exits at the first invocation."""

import http.client
import json
import os
import sys

NAME = os.path.basename(__file__)  # noqa: PTH119 - the path it was started by

gateway = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
body = json.dumps({"events": ["INVOKE", "SHUTDOWN"]})
gateway.request("POST", "/2020-01-01/extension/register", body, {"Lambda-Extension-Name": NAME})
registered = gateway.getresponse()
sys.stdout.write(f"{NAME}: registered {registered.status} {registered.read().decode()}\n")
sys.stdout.flush()
headers = {"Lambda-Extension-Identifier": registered.headers["Lambda-Extension-Identifier"]}
while True:
    gateway.request("GET", "/2020-01-01/extension/event/next", headers=headers)
    event = json.load(gateway.getresponse())
    sys.stdout.write(f"{NAME}: {event['eventType']} {event.get('requestId', event.get('shutdownReason'))}\n")
    sys.stdout.flush()
    if event["eventType"] == "SHUTDOWN":
        sys.exit(0)
    if "EXTENSION_CRASH" in os.environ:
        sys.exit(7)
