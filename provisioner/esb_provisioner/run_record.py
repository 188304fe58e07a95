"""Writes the record of a run for the gateway, to the file that the environment names.

The file is that of `esb_schemas.agreements.provisioned`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from esb_provisioner.report import Report, State
from esb_schemas.agreements.provisioned import (
    SERVERS_VARIABLE,
    VARIABLE,
    Difference,
    Provisioned,
    digest,
    folder_id,
    read_record,
    resources_digest,
    write_record,
)


@dataclass(frozen=True)
class RunRecord:
    """The file, None if no record is written, and the state at the start of the run.

    That is: the digests of the configuration and of its resources, the id of its folder, and the digest of the
    resources that were provisioned before.
    """

    path: Path | None
    configuration: str = ""
    folder: int = 0
    resources: str = ""
    resources_before: str = ""

    @classmethod
    def of(cls, environ: Mapping[str, str], folder: Path) -> RunRecord:
        """`folder` is that of resources.yml."""
        if not (name := environ.get(VARIABLE)):
            return cls(None)
        path = Path(name)
        before = read_record(path)
        return cls(
            path,
            digest(folder),
            folder_id(folder),
            resources_digest(folder, environ.get(SERVERS_VARIABLE, "")),
            "" if before is None else before.resources,
        )

    def write(self, report: Report, log: Callable[[str], None]) -> bool:
        """Write the result of the run; returns whether it is the first. A file that cannot be written is logged."""
        is_first = self.path is None or not self.path.exists()
        problems = [(each.state, str(each.resource), text) for each in report.results for text in each.problems]
        drift = tuple(Difference(resource, text) for state, resource, text in problems if state is State.DRIFT)
        failed = tuple(f"{resource}: {text}" for state, resource, text in problems if state is State.FAILED)
        resources = self.resources_before if failed else self.resources
        self._write(Provisioned(self.configuration, drift, failed, self.folder, resources), log)
        return is_first

    def failed(self, sentence: str, log: Callable[[str], None]) -> None:
        """Write that the run ended with this error."""
        record = Provisioned(self.configuration, (), (sentence,), self.folder, self.resources_before)
        self._write(record, log)

    def _write(self, record: Provisioned, log: Callable[[str], None]) -> None:
        if self.path is None:
            return
        try:
            write_record(self.path, record)
        except OSError as error:
            log(f"warning: {self.path} cannot be written ({error.strerror}); the gateway does not learn of this run")
