"""The program `esb`, which `python -m esb_generator` is too: how its process begins and ends.

Most builds are over before anybody could get impatient, so what a process usually does for a long life is put off: to
look for garbage takes a twentieth of a small build's time, to take apart at the end all that was made a seventh.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn

_SELDOM = 100_000  # objects more than before; a small build makes fewer


def program() -> NoReturn:
    """Do what the command line says, and end at once."""
    gc.set_threshold(_SELDOM)
    from esb_generator.cli import main  # noqa: PLC0415 - most of a small build's objects are made by imports

    try:
        code = main()
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:  # `esb validate | head`: nobody reads on
        code = 1
    except OSError as error:
        if error.filename is not None:
            raise
        os.write(2, f"esb: what there is to say cannot be written: {error.strerror}\n".encode())
        code = 1
    os._exit(code)


if __name__ == "__main__":
    program()
