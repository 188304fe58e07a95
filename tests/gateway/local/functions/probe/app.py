"""Says what it finds around itself; `call` asks another service."""

import importlib
import json
import os
import sys
import time
import urllib.request
from typing import Any

import boto3


def handler(event: Any, _context: Any) -> Any:
    match event:
        case {"sleep": seconds}:
            time.sleep(seconds)
            return "slept"
        case {"print": text}:
            sys.stdout.write(f"{text}\n")
            return "printed"
        case {"import": name}:
            return importlib.import_module(name).VALUE
        case {"get": variable}:
            with urllib.request.urlopen(os.environ[variable], timeout=10) as answer:
                return json.load(answer)
        case {"invoke": function}:
            answer = boto3.client("lambda").invoke(FunctionName=function, Payload=b'{"from": "probe"}')
            return answer["Payload"].read().decode()
        case {"call": [service, operation, arguments], **options}:
            try:
                getattr(boto3.client(service, **options), operation)(**arguments)
            except Exception as error:
                return f"{type(error).__name__}: {error}"
            return "it went through"
        case _:
            return {"environment": dict(os.environ), "path": sys.path, "pid": os.getpid()}
