"""The files that enter images of functions, provisioner and gateway. They are data here: nobody imports them."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent
# The files lie inside the package in a wheel, and two folders above it in the source tree: in a folder of their own,
# because an interpreter runs any sitecustomize.py that it finds on its path.
FOLDER = next(folder for folder in (_HERE / "files", _HERE.parents[1]) if (folder / "sitecustomize.py").is_file())
