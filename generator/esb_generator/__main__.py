"""The program `esb`, which `python -m esb_generator` is too: how its process begins and ends.

Most builds are over before anybody could get impatient, so what a process usually does for a long life is put off: to
look for garbage takes a twentieth of a small build's time, to take apart at the end all that was made a seventh.
"""

from __future__ import annotations

import gc
import os
import sys

_SELDOM = 100_000  # objects more than before; a small build makes fewer


def program() -> int:
    """Do what the command line says, and end at once. Whoever ends in the ordinary way is given the exit code."""
    gc.set_threshold(_SELDOM)
    from esb_generator.cli import main  # noqa: PLC0415 - most of a small build's objects are made by imports

    code = main()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return code  # the ordinary end says what is wrong with them
    os._exit(code)


if __name__ == "__main__":
    raise SystemExit(program())
