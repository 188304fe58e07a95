"""What ESB adds to every Python process of the stack: SDK calls go to the stack, printed lines go to VictoriaLogs.

Python imports a module of this name at each start. So this file does four cheap things and loads the rest on demand:

1. `esb_redirect` as soon as botocore is imported: clients get the stack's addresses, and none reaches AWS.
2. `esb_capture` if `VICTORIALOGS_URL` is set: what the process prints is shipped, and printed as before.
3. `esb_trace_id` as soon as awslambdaric is imported: a function does not grow with each invocation.
4. The next `sitecustomize` on the path (Debian's, a virtual environment's) runs as if this one were not there.

Nothing here keeps a program from running: what cannot be set up is said in one line on stderr. There is one exception.
Where botocore cannot be redirected, importing it fails, since a function must not reach AWS by accident.
"""

# ruff: noqa: PLC0415  (imports are late: a process that needs less pays less)
from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing itself would cost more than all of this
if TYPE_CHECKING:
    from types import ModuleType

HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120  (pathlib costs more than all else here)


def install() -> None:
    """Wait for botocore and the runtime client, and capture what is printed."""
    import esb_imports

    esb_imports.after_import("botocore.session", redirect)
    esb_imports.after_import("awslambdaric.bootstrap", keep_one_trace_id)
    if os.environ.get("VICTORIALOGS_URL"):
        import esb_capture

        esb_capture.start(os.environ)


def redirect(module: ModuleType) -> None:
    """Redirect the clients of the botocore that was imported; raises ImportError if that cannot be done."""
    try:
        import esb_redirect

        esb_redirect.install(module, os.environ)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ImportError(f"esb: botocore is refused, for it cannot be redirected to the stack: {reason}") from error


def keep_one_trace_id(module: ModuleType) -> None:
    """Before its first invocation. Where the C library cannot be called, all is as without."""
    try:
        import esb_trace_id

        esb_trace_id.keep_one(module)
    except Exception as error:
        sys.stderr.write(f"esb: this process grows with each trace id: {type(error).__name__}: {error}\n")


def run_next_sitecustomize() -> None:
    """Run the sitecustomize that this one hides, if there is one; its errors are reported by Python as ever."""
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
