"""Where the commands print: lines for people, or one JSON document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TextIO

from esb_provisioner.report import Exit
from esb_schemas.command_line.progress_line import ProgressLine


class Output:
    """Results on stdout, errors on stderr; with --json one document on stdout and all else on stderr.

    `line` is a terminal's line about what takes long. The document begins with the members of `about`.
    """

    def __init__(
        self, out: TextIO, err: TextIO, line: ProgressLine, about: Mapping[str, str], *, is_json: bool
    ) -> None:
        self._out, self._err, self._line, self._about = out, err, line, about
        self._is_json = is_json
        self._log = err if is_json else out

    def log(self, line: str) -> None:
        """A line about the progress of the run."""
        self._write(self._log, line)

    def error(self, sentence: str, code: Exit) -> int:
        """Print the error that ends the run; returns the exit code."""
        self._write(self._err, f"esb-provision: {sentence}")
        return self._document(code, {"error": sentence})

    def _document(self, code: Exit, content: Mapping[str, Any]) -> int:
        """Print the document, if there is to be one; returns the exit code."""
        if self._is_json:
            self._write(self._out, json.dumps({**self._about, "exit_code": code, **content}, indent=2))
        return code

    def _write(self, stream: TextIO, line: str) -> None:
        with self._line.hidden():
            stream.write(f"{line}\n")
            stream.flush()
