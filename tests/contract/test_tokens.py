"""The generator writes each function's token, the gateway expects it: both derive it from the same secret."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from esb_gateway.execution.containers.container_host import runtime_host
from esb_generator.model import Application, FolderCode, Function
from esb_generator.output.compose import compose_files, env_files
from esb_generator.output.files.rooted_files import Root
from esb_generator.values import Mark


@pytest.mark.parametrize("name", ["orders", "Say-Hello_2", "a" * 64])
def test_the_name_in_the_stack_is_the_one_that_the_gateway_knows(name: str, tmp_path: Path) -> None:
    function = Function(name, "F", Mark("t", 1, 1), FolderCode("."))
    with Root(tmp_path) as root:
        env_files.ensure_secrets(root, lambda size: "ab" * size)
        env_files.write_environment(root, Application("shop", "us-east-1", "1" * 12, (function,)))
    application = Application("shop", "us-east-1", "123456789012", (function,))
    hashes = compose_files.Hashes({name: "0"}, {"gateway": "0", "provisioner": "0"}, {"resources": "0"}, "0")
    stack = yaml.safe_load(compose_files.stack(application, hashes, compose_files.containers(application, hashes)))
    variable, token = (tmp_path / ".env").read_text().splitlines()[-1].split("=")

    (address,) = [
        each["environment"]["AWS_LAMBDA_RUNTIME_API"]
        for each in stack["services"].values()
        if "AWS_LAMBDA_RUNTIME_API" in each.get("environment", {})
    ]
    address = address.replace(f"${{{variable}:?run esb build again}}", token)
    assert address == f"{runtime_host(name, 'ab' * 32)}:9001"
