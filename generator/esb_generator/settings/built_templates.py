"""Templates that another tool wrote: the output of `sam build` and of `cdk synth`, and the folder of their sources."""

from __future__ import annotations

from pathlib import Path

from esb_generator.cdk.assembly import MANIFEST, folder_around, is_assembly

_SAM_BUILD = ".aws-sam"


def source_folder(template: Path) -> Path:
    """The folder of the sources: the parent of `.aws-sam` or `cdk.out`, or else the template's folder."""
    folder = template if is_assembly(template) else template.parent
    real = folder.resolve()
    around = (path.parent for path in (folder, *folder.parents, real, *real.parents) if path.name == _SAM_BUILD)
    return next(around, folder_around(folder) or folder)


def names_assembly(path: Path) -> bool:
    """Whether a path is the output of `cdk synth`, or its manifest."""
    return is_assembly(path.parent if path.name == MANIFEST else path)
