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
    event,
    idle,
    invoke,
    logs,
    provision,
    sitecustomize,
)
from bench.run import Part

PARTS: Final = (
    Part("build-small", "A clean `esb build` against a clean `sam build` without containers.", build_small.measure),
    Part("build-again", "A build of what has not changed against `sam build --cached`.", build_again.measure),
    Part("build-large", "One API of hundreds and thousands of functions.", build_large.measure),
    Part("provision", "100 tables and 100 buckets in servers that keep them in memory.", provision.measure),
    Part("invoke", "An echo function behind the Invoke API, with AWS's own runtime client.", invoke.measure),
    Part(
        "api",
        "A route of an HTTP API, payload 2.0; against MiniStack, the function prints a line.",
        api.measure,
    ),
    Part("api-node", "The same, silent, against serverless-offline, whose handlers are in Python.", api_node.measure),
    Part("cold-start", "The first answer of a function that nothing runs of.", cold_start.measure),
    Part("event", "Asynchronous invocations, kept by `esb-gateway local --data DIR`.", event.measure),
    Part("logs", "10,000 lines of a function, printed and shipped to VictoriaLogs.", logs.measure),
    Part("sitecustomize", "What each Python process of a function starts with.", sitecustomize.measure),
    Part("idle", "What it costs to be there.", idle.measure),
)
