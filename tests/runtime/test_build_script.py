"""runtime/build: what the commands of build stages get, and what it refuses. It runs here as it does in an image."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "runtime/build"
SHELL = "/bin/sh"
TOOLS = ("cat", "chmod", "cp", "find", "grep", "head", "mkdir", "sh", "sort", "tail")


def build(
    folder: Path, command: str, *glibc: str, settings: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    secrets = folder / "secrets"
    secrets.mkdir(exist_ok=True)
    (secrets / "esb-build-settings").write_text(settings)
    tools = folder / "bin"
    if not tools.is_dir():
        tools.mkdir()
        for name in TOOLS:
            (tools / name).symlink_to(shutil.which(name) or name)
    environment = {
        "PATH": str(tools),  # without Java, for which certificates take seconds
        "ESB_BUILD_SCRATCH": str(folder),
        "ARTIFACTS_DIR": str(folder / "artifacts"),
        "ESB_BUILD_SECRETS": str(secrets),
        **variables,
    }
    return subprocess.run(
        [SHELL, str(SCRIPT), command, *glibc], env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_a_command_gets_an_empty_folder_for_its_artifacts(tmp_path: Path) -> None:
    done = build(tmp_path, 'echo made >"$ARTIFACTS_DIR/file"')

    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "artifacts/file").read_text() == "made\n"


def test_the_first_command_that_fails_ends_a_build(tmp_path: Path) -> None:
    done = build(tmp_path, "false\necho not reached")

    assert (done.returncode, done.stdout) == (1, "")


def test_settings_are_variables_as_they_are_written(tmp_path: Path) -> None:
    settings = "# mirrors\nGOPROXY=https://a b/$HOME?x=1&y='2'\r\n\nPIP_INDEX_URL=https://u:p@mirror/simple"
    done = build(tmp_path, 'echo "$GOPROXY"; echo "$PIP_INDEX_URL"', settings=settings)

    assert done.stdout == "https://a b/$HOME?x=1&y='2'\nhttps://u:p@mirror/simple\n"


def test_a_program_that_needs_a_newer_glibc_is_refused_by_name(tmp_path: Path) -> None:
    command = f'mkdir "$ARTIFACTS_DIR/bin"; cp {sys.executable} "$ARTIFACTS_DIR/bin/program"'

    done = build(tmp_path, command, "2.1")
    assert done.returncode == 1
    assert done.stderr.startswith("bin/program asks for glibc 2.")
    assert "and the function's runtime has 2.1; build it in an older image" in done.stderr

    shutil.rmtree(tmp_path / "artifacts")
    assert build(tmp_path, command, "2.999").returncode == 0


def test_a_script_that_speaks_of_glibc_is_no_program(tmp_path: Path) -> None:
    command = 'echo "GLIBC_2.99" >"$ARTIFACTS_DIR/run.sh"; chmod +x "$ARTIFACTS_DIR/run.sh"'

    assert build(tmp_path, command, "2.34").returncode == 0


def test_a_companys_certificate_is_trusted_beside_the_systems(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "system.pem").write_text("of the system\n")
    mine = "-----BEGIN CERTIFICATE-----\nmine\n-----END CERTIFICATE-----\n"
    (tmp_path / "secrets/esb-build-ca").write_text(mine)
    done = build(
        tmp_path,
        'cat "$SSL_CERT_FILE" "$PIP_CERT" "$CARGO_HTTP_CAINFO"; echo "$NODE_EXTRA_CA_CERTS"',
        SSL_CERT_FILE=str(tmp_path / "system.pem"),
    )

    whole = f"of the system\n\n{mine}"
    assert done.stdout == f"{whole * 3}{tmp_path}/secrets/esb-build-ca\n"
