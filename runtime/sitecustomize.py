"""Loaded by every Python process of the stack: SDK calls go to the stack, printed lines to its log server.

Python imports a module of this name at each start. So this file does four cheap things and loads the rest on demand:

1. `esb_redirect` when botocore is imported: clients get the stack's addresses, and none reaches AWS.
2. `esb_capture` if the environment has the URL of the log server: output is printed as before, and shipped too.
3. `esb_trace_id` when awslambdaric is imported: the process does not grow with each invocation.
4. The next `sitecustomize` on the path (Debian's, a virtual environment's) runs as if this one did not exist.

A failure here does not stop the program: it is one line on stderr. There is one exception: if botocore cannot be
redirected, for example because `backends.json` is missing, importing it fails, so that no function reaches AWS by
accident.
"""

# ruff: noqa: PLC0415  (late imports: a process pays only for what it needs)
from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # importing typing would cost more than all of this
if TYPE_CHECKING:
    from types import ModuleType

HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120  (pathlib costs more than the rest)


def install() -> None:
    """Register for the imports of botocore and the runtime client, and capture the output."""
    import esb_imports

    esb_imports.after_import("botocore.session", redirect)
    esb_imports.after_import("awslambdaric.bootstrap", keep_one_trace_id)
    import esb_backends

    if esb_backends.address(esb_backends.LOGS, os.environ):
        import esb_capture

        esb_capture.start(os.environ)


def redirect(module: ModuleType) -> None:
    """Redirect the clients of the botocore that was imported; raises ImportError if that fails."""
    try:
        import esb_redirect

        esb_redirect.install(module, os.environ)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ImportError(
            f"esb: botocore cannot be imported, because it cannot be redirected to the stack: {reason}"
        ) from error


def keep_one_trace_id(module: ModuleType) -> None:
    """Called before the first invocation. If the C library cannot be called, nothing is changed."""
    try:
        import esb_trace_id

        esb_trace_id.keep_one(module)
    except Exception as error:
        sys.stderr.write(f"esb: this process grows with each invocation: {type(error).__name__}: {error}\n")


def run_next_sitecustomize() -> None:
    """Run the sitecustomize that this one hides, if there is one; Python reports its errors as usual."""
    elsewhere = [folder for folder in sys.path if os.path.abspath(folder) != HERE]  # noqa: PTH100
    for finder in sys.meta_path:
        spec = finder.find_spec("sitecustomize", elsewhere)
        if spec is not None and spec.loader is not None:
            module = type(sys)("sitecustomize")
            module.__spec__, module.__file__ = spec, spec.origin
            spec.loader.exec_module(module)
            return


try:
    install()
except Exception as error:
    sys.stderr.write(f"esb: log lines are not shipped from this process: {type(error).__name__}: {error}\n")
run_next_sitecustomize()
