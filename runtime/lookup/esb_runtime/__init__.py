"""The files of the images of functions, provisioner and gateway. They are data: no code imports them."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent
# The files are inside the package in a wheel, and two folders above it in the source tree. Either way the folder is
# separate, because an interpreter runs any sitecustomize.py on its path.
FOLDER = next(folder for folder in (_HERE / "files", _HERE.parents[1]) if (folder / "sitecustomize.py").is_file())
