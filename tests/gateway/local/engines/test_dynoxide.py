"""How dynoxide is started. tests/e2e/test_embedded_engines.py runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from esb_gateway.errors import ConfigurationError
from esb_gateway.local.engines import dynoxide


def test_the_reason_of_an_end_is_in_the_output() -> None:
    assert dynoxide._sentence("error: port 8000 is taken") == "dynoxide: port 8000 is taken."
    assert dynoxide._sentence("Dynoxide listening on http://127.0.0.1:8000") is None


def test_a_file_in_place_of_a_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "seaweedfs").touch()
    with pytest.raises(ConfigurationError, match=r"dynamodb\.sqlite: Not a directory; name a DIR that can be written"):
        dynoxide._file(tmp_path / "seaweedfs")
