"""Import: creates missing resources, writes the records in groups, then compares each resource with the export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from esb_provisioner.amount import amount
from esb_provisioner.resources.contents import Comparison, Contents, Record
from esb_provisioner.servers.errors import ServerError
from esb_provisioner.services import RESOURCE_TYPES
from esb_provisioner.steps import Resource
from esb_provisioner.transfer.folder import Exported
from esb_provisioner.transfer.results import Run, TransferResult, with_contents

GROUP: Final = 500  # records between two saves of the progress


def load(exported: Iterable[Exported], target: str, run: Run, *, overwrite: bool = False) -> list[TransferResult]:
    """Write the exported records into existing resources; `target` identifies the servers, to continue later.

    Raises FolderError, before anything is written, if a file has changed since the export.
    """
    contents = {each.kind: found for each, found in with_contents(RESOURCE_TYPES)}
    exported = list(exported)
    for each in exported:
        run.on_step(f"checking the file of {each.resource}")
        run.folder.check(each)
    return [_import(_Import(each, contents[each.kind], target, run), overwrite=overwrite) for each in exported]


def _import(resource: _Import, *, overwrite: bool) -> TransferResult:
    try:
        return resource.carry_out(overwrite=overwrite)
    except ServerError as error:
        return TransferResult(resource.exported.resource, "failed", "", str(error))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        text = f"one of its lines is not as esb-provision writes them ({type(error).__name__}: {error}); export again"
        return TransferResult(resource.exported.resource, "failed", "", text)


class _Import:
    """The import of one resource."""

    def __init__(self, exported: Exported, contents: Contents, target: str, run: Run) -> None:
        self.exported, self._contents, self._target = exported, contents, target
        self._run, self._folder = run, run.folder

    @property
    def _resource(self) -> Resource:
        return self.exported.resource

    def carry_out(self, *, overwrite: bool) -> TransferResult:
        self._run.log(f"  importing   {self._resource}")
        start = self._folder.done(self._target, self._resource)
        if start is None and not self._contents.is_empty(self._run.api, self._resource.name):
            there = self._compare()
            if not there.missing and not (there.extra and not overwrite):
                return self._result("unchanged", there)
            if not overwrite:
                return self._result("failed", there, OCCUPIED)
        self._write(start or 0)
        compared = self._compare()
        if compared.missing and start:  # the target has lost its records, or is another server
            self._write(0)
            compared = self._compare()
        if not compared.missing:
            self._folder.set_done(self._target, self._resource, None)
        return self._result("failed" if compared.missing else "imported", compared, LOST if compared.missing else "")

    def _write(self, start: int) -> None:
        records, done = self._folder.records(self._resource, start), start
        while group := list(islice(records, GROUP)):
            self._folder.set_done(self._target, self._resource, done)
            self._contents.write(self._run.api, self._resource.name, group, self._folder.blobs, self._run.pool)
            done += len(group)
            self._run.on_step(f"importing {self._resource}: {done} of {self._total}")

    @property
    def _total(self) -> str:
        return amount(self.exported.records, self._contents.noun)

    def _compare(self) -> Comparison:
        self._run.on_step(f"comparing {self._resource} with the export of {self._total}")
        return self._contents.compare(self._run.api, self._resource.name, self._records(), self._run.pool)

    def _records(self) -> Iterator[Record]:
        return self._folder.records(self._resource)

    def _result(self, result: str, compared: Comparison, problem: str = "") -> TransferResult:
        noun = self._contents.noun
        examples = f", such as {', '.join(compared.examples)}" if compared.examples else ""
        missing = f"{amount(compared.missing, noun)} of the export not there as exported{examples}"
        text = problem.format(missing=missing, extra=amount(compared.extra, noun))
        others = (f"{amount(compared.extra, noun)} not in the export; left",) if compared.extra and not problem else ()
        return TransferResult(self._resource, result, self._total, text, others)


OCCUPIED: Final = (
    "it is not empty ({missing}, {extra} not in the export); nothing was written."
    " Import into an empty one, or pass --overwrite, which replaces what has the same key"
)
LOST: Final = "{missing} after the import; run it again, or see the log of the server"
