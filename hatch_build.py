"""Builds `edge-serverless-box`: one distribution that contains every package of this repository.

The members' own pyproject.toml files say what they contain and require, and nothing is written twice here. Beside the
packages the wheel has `esb_schemas/release.json`, which stands in for the metadata of the members:

    {"version": "0.1.0+g1a2b3c4", "requires": {"esb-gateway": ["esb-schemas", "httpx>=0.28"]}}
"""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

ROOT = Path(__file__).resolve().parent
RELEASE = "esb_schemas/release.json"


class Metadata(MetadataHookInterface):
    """The version, with the commit that it was built from; what the members require of others."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        metadata["version"] = version()
        metadata["dependencies"] = sorted(
            {line for project in projects().values() for line in required(project) if not is_ours(line)}
        )


class Contents(BuildHookInterface[Any]):
    """The files of the members, where their own wheels have them."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        del version  # "standard" or "editable"
        self._folder = TemporaryDirectory()
        release = Path(self._folder.name, "release.json")
        release.write_text(json.dumps(release_of(self.metadata.version)), encoding="utf-8")
        build_data["force_include"].update({str(source): target for source, target in contents()})
        build_data["force_include"][str(release)] = RELEASE

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        del version, build_data, artifact_path
        self._folder.cleanup()


def version() -> str:
    """`0.1.0+g<commit>`; in an sdist, the version that the sdist has; without either, the number alone."""
    made = re.search(r"^Version: (.+)$", text("PKG-INFO"), re.MULTILINE)
    if made:
        return made[1]
    (number,) = re.findall(r'^NUMBER.* = "(.+)"$', text("schemas/esb_schemas/release.py"), re.MULTILINE)
    if not (ROOT / ".git").exists():
        return number
    git = ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=7", "--match=", "--dirty=.modified"]
    try:
        commit = subprocess.run(git, capture_output=True, check=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return number
    return f"{number}+g{commit}"


def text(name: str) -> str:
    path = ROOT / name
    return path.read_text(encoding="utf-8") if path.is_file() else ""


@cache
def projects() -> dict[str, dict[str, Any]]:
    """The pyproject.toml of each member, by its folder."""
    members = tomllib.loads(text("pyproject.toml"))["tool"]["uv"]["workspace"]["members"]
    return {member: tomllib.loads(text(f"{member}/pyproject.toml")) for member in members}


def contents() -> Iterator[tuple[Path, str]]:
    """Each folder and file that the members' wheels have, with its path in them."""
    for member, project in projects().items():
        wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
        for package in wheel["packages"]:
            yield ROOT / member / package, Path(package).name
        for source, target in wheel.get("force-include", {}).items():
            yield ROOT / member / source, target


def required(project: dict[str, Any]) -> Iterator[str]:
    """What a member requires, with its extras, except for those that this distribution has, too."""
    yield from project["project"]["dependencies"]
    ours = tomllib.loads(text("pyproject.toml"))["project"]["optional-dependencies"]
    for name, extra in project["project"].get("optional-dependencies", {}).items():
        if name not in ours:
            yield from extra


def release_of(version: str) -> dict[str, Any]:
    requires = {each["project"]["name"]: each["project"]["dependencies"] for each in projects().values()}
    return {"version": version, "requires": requires}


def is_ours(requirement: str) -> bool:
    return requirement.startswith("esb-")
