"""The table of samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from esb_generator.starter.api import API
from esb_generator.starter.queue import QUEUE
from esb_generator.starter.sample import Sample
from esb_generator.starter.schedule import SCHEDULE
from esb_generator.starter.upload import UPLOAD

SAMPLES: Final[Mapping[str, Sample]] = {sample.name: sample for sample in (API, QUEUE, SCHEDULE, UPLOAD)}
