"""Follows the record of the provisioner: what has drifted, and whether it has read the files that this gateway reads.

`docker compose up -d` runs the provisioner each time, and leaves a gateway alone whose definition is the same. If the
folder `.esb/` was replaced meanwhile, the gateway's mount still shows the old one, which only a start of the container
changes. So a gateway whose files or folder are not those of the last run stops, and Docker starts it again. Equal files
in another folder count, too: the next build would change them there, where the gateway does not look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from esb_gateway.admin.readiness import Readiness
from esb_gateway.configuration.file_stamps import Stamp, stamp
from esb_gateway.telemetry.logs import Log
from esb_schemas.agreements.provisioned import Provisioned, digest, folder_id, read_record

POLL_INTERVAL: Final = 0.5  # seconds
RESTART: Final = "a restart, which shows it the new folder"


@dataclass(slots=True)
class ProvisionerRecord:
    """Keeps `readiness` as the record at `path` says, and logs what is new in it.

    `restart` is called once if the provisioner has read other files than those of `config_dir`, or another folder;
    None: both read the same folder.
    """

    path: Path
    config_dir: Path
    readiness: Readiness
    log: Log
    restart: Callable[[], object] | None = None
    _stamp: Stamp = field(init=False, default=None)

    def start(self) -> asyncio.Task[None]:
        """Read the record of the run before this start, and follow it until the task is cancelled."""
        self.read()
        self.readiness.refresh = self.refresh
        return asyncio.create_task(self._follow())

    def read(self) -> None:
        """Read the record. Its files may differ from those of the folder now: a build needs no run."""
        self._stamp = stamp(self.path)
        record = read_record(self.path)
        if record is not None:
            self._take(record)

    def refresh(self) -> None:
        """Read the record if there was a run since. Cheap, and never raises."""
        now = stamp(self.path)
        if now == self._stamp:
            return
        self._stamp = now
        record = read_record(self.path)
        if record is None:
            return
        self._take(record)
        if self.restart is not None and not record.failed and self._is_elsewhere(record):
            self.readiness.waiting_for.add(RESTART)
            message = "the folder of the configuration was replaced: stopping, to be started with the new one"
            self.log("gateway", "INFO", {"message": message})
            self.restart()
            self.restart = None

    def _is_elsewhere(self, record: Provisioned) -> bool:
        """Whether the run read another folder. A provisioner that is given resources.yml alone has no configuration."""
        if not record.configuration:
            return False
        return record.configuration != digest(self.config_dir) or record.folder != folder_id(self.config_dir)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(POLL_INTERVAL)
            self.refresh()

    def _take(self, record: Provisioned) -> None:
        for difference in record.drift:
            if difference not in self.readiness.drift:
                self.log("gateway", "WARN", {"message": f"drift: {difference.resource}: {difference.text}"})
        for sentence in record.failed:
            if sentence not in self.readiness.not_provisioned:
                self.log("gateway", "ERROR", {"message": f"not provisioned: {sentence}"})
        self.readiness.drift, self.readiness.not_provisioned = record.drift, record.failed
        if self.restart is not None:
            self.readiness.configuration = record.configuration
