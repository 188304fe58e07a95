"""The parts of the benchmark, in the order in which they are measured and shown."""

from __future__ import annotations

from typing import Final

from bench.parts import (
    api,
    api_node,
    build_again,
    build_large,
    build_small,
    cold_start,
    database,
    event,
    fan_out,
    first_hour,
    idle,
    invoke,
    logs,
    provision,
    queue_functions,
    queues,
    sitecustomize,
    stack,
    stack_idle,
)
from bench.run import Part

PARTS: Final = (
    Part(
        "build-small",
        "A clean `esb build` against a clean `sam build` without containers.",
        build_small.measure,
        build_small.compare,
    ),
    Part(
        "build-again",
        "A build without changes, against `sam build --cached`.",
        build_again.measure,
        build_again.compare,
    ),
    Part("build-large", "One API of hundreds and thousands of functions.", build_large.measure, build_large.compare),
    Part(
        "provision",
        "100 tables and 100 buckets, in servers that keep them in memory.",
        provision.measure,
        provision.compare,
    ),
    Part(
        "invoke",
        "An echo function behind the Invoke API, with AWS's own runtime client.",
        invoke.measure,
        invoke.compare,
    ),
    Part(
        "api",
        "A route of an HTTP API, payload 2.0; against MiniStack, the function prints a line.",
        api.measure,
        api.compare,
    ),
    Part("api-node", "The same without output, against serverless-offline with a Python handler.", api_node.measure),
    Part(
        "cold-start",
        "The first response of a function without a running process.",
        cold_start.measure,
        cold_start.compare,
    ),
    Part("event", "Asynchronous invocations, stored by `esb-gateway local --data DIR`.", event.measure, event.compare),
    Part(
        "queues",
        "`esb-cloud serve` with its file on the disk, against MiniStack, which keeps its queues in memory.",
        queues.measure,
        queues.compare,
        needs="esb-cloud",
    ),
    Part(
        "queue-functions",
        "A queue that invokes a function, in `esb-gateway local --data DIR`.",
        queue_functions.measure,
        queue_functions.compare,
        needs="esb-cloud",
    ),
    Part(
        "fan-out",
        "A topic with 100 queues, and a bus with 300 rules.",
        fan_out.measure,
        fan_out.compare,
        needs="esb-cloud",
    ),
    Part(
        "database",
        "Calls through boto3: dynoxide, the default of the stack, in its container, beside DynamoDB Local, and moto as "
        "embedded mode serves it.",
        database.measure,
    ),
    Part("logs", "10,000 lines of a function, printed and shipped to VictoriaLogs.", logs.measure),
    Part("sitecustomize", "What `sitecustomize.py` adds to each Python process of a function.", sitecustomize.measure),
    Part("idle", "Memory and CPU of an idle gateway, and memory of a busy one.", idle.measure, idle.compare),
    Part(
        "stack",
        "The API with a table that `esb init` makes, on Docker Compose; its images are built before.",
        stack.measure,
    ),
    Part(
        "stack-idle",
        "The memory that `docker stats` shows of a stack of 50 functions, beside the engines that it had before.",
        stack_idle.measure,
    ),
    Part(
        "first-hour",
        "The steps of a new user, beside those of SAM CLI, on this machine and network.",
        first_hour.measure,
    ),
)
