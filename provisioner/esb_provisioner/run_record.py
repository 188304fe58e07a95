"""What a run has provisioned, left for the gateway in the file that the environment names.

The file is that of `esb_schemas.provisioned`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from esb_provisioner.report import Report, State
from esb_schemas.provisioned import VARIABLE, Difference, Provisioned, digest, folder_id, write_record


@dataclass(frozen=True)
class RunRecord:
    """The file, None if nothing is to be left; the digest of the configuration at the start of the run, its folder."""

    path: Path | None
    configuration: str = ""
    folder: int = 0

    @classmethod
    def of(cls, environ: Mapping[str, str], folder: Path) -> RunRecord:
        """`folder` is that of resources.yml."""
        path = environ.get(VARIABLE)
        return cls(Path(path), digest(folder), folder_id(folder)) if path else cls(None)

    def write(self, report: Report, log: Callable[[str], None]) -> bool:
        """Leave the result of the run; whether it is the first. A file that cannot be written is logged."""
        is_first = self.path is None or not self.path.exists()
        problems = [(each.state, str(each.resource), text) for each in report.results for text in each.problems]
        drift = tuple(Difference(resource, text) for state, resource, text in problems if state is State.DRIFT)
        failed = tuple(f"{resource}: {text}" for state, resource, text in problems if state is State.FAILED)
        self._leave(Provisioned(self.configuration, drift, failed, self.folder), log)
        return is_first

    def failed(self, sentence: str, log: Callable[[str], None]) -> None:
        """Leave that the run ended with this error."""
        self._leave(Provisioned(self.configuration, failed=(sentence,), folder=self.folder), log)

    def _leave(self, record: Provisioned, log: Callable[[str], None]) -> None:
        if self.path is None:
            return
        try:
            write_record(self.path, record)
        except OSError as error:
            log(f"warning: {self.path} cannot be written ({error.strerror}); the gateway does not learn of this run")
