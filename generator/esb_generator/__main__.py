"""The program `esb`, also `python -m esb_generator`: how its process starts and ends."""

import gc
import os
import sys

from esb_schemas.starting import run_program

ERROR = 1  # as in the table of exit codes, which is imported later


def program() -> int:
    """Run the command line of this process; returns the exit code. Output that cannot be written is an error."""
    gc.disable()  # a build keeps nearly all objects; for 2,000 functions, collecting takes 12 % of the CPU time
    try:
        code = run_program("esb", "esb_generator.cli")
        sys.stdout.flush()
    except BrokenPipeError:  # `esb validate | head`: the reader has gone
        code = _without_output()
    except OSError as error:
        if error.filename is not None:
            raise
        os.write(2, f"esb: cannot write output: {error.strerror}\n".encode())
        code = _without_output()
    gc.freeze()  # at exit the interpreter visits every object that it may: 13 % of the CPU time of a small build
    return code


def _without_output() -> int:
    """Discard buffered output, because the interpreter would fail again when it flushes it at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.dup2(nowhere, sys.stderr.fileno())
    return ERROR


if __name__ == "__main__":
    sys.exit(program())
