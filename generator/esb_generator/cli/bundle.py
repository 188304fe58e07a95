"""`esb bundle`."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from esb_generator.cli.console import Console
from esb_generator.cli.exit_codes import Exit
from esb_generator.cli.messages import failed
from esb_generator.delivery.bundle import bundle
from esb_generator.errors import BuildError
from esb_schemas.programs import run_with_timeout

_BUNDLE_SECONDS: Final = 3600.0  # for each command of docker: a build with all its packages may take long


def run(options: argparse.Namespace, here: Path, environ: Mapping[str, str], console: Console) -> int:
    def run_command(command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str, str]:
        done = run_with_timeout(command, _BUNDLE_SECONDS, environment=environment)
        return (124, "", f"no end after {_BUNDLE_SECONDS} s") if done is None else done

    try:
        with console.progress() as line:
            root, file = here / options.root, here / options.file
            architecture = bundle(root, file, options.platform, environ, run_command, on_step=line.step)
    except BuildError as error:
        return failed(error, console, as_json=False)
    name = Path(options.file).name
    script = shlex.quote(f"{name.partition('.')[0]}/load.sh")
    print(f"{options.file}: for {architecture}; it has the stack's credentials", file=console.out)
    print(f"next, at the site: tar -xf {shlex.quote(name)} && sh {script} DIR", file=console.out)
    return Exit.DONE
