"""The help of every command of every program: it fits a screen, explains each argument, and its examples can be run.

A command whose options need more lines has them in groups with titles.
"""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from esb_cloud import cli as cloud
from esb_gateway.cli import parser as gateway
from esb_generator.cli import parser as generator
from esb_provisioner import options as provisioner
from esb_provisioner.transfer import options as transfer
from esb_schemas.command_line.completion import completion_parser

COLUMNS, LINES = 80, 24
MOST_LINES = 32  # of a command with groups of options


def programs() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for parser in (generator.command_line(), gateway.command_line(), cloud.parser(), provisioner.parser()):
        yield from with_commands(parser.prog, parser)
    for name in transfer.COMMANDS:
        yield f"esb-provision {name}", transfer.parser(name)
    yield "esb-provision completion", completion_parser("esb-provision")


def with_commands(words: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    yield words, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from with_commands(f"{words} {name}", below)


PARSERS = dict(programs())
EXAMPLES = [
    (words, line.removeprefix("example: "))
    for words, parser in PARSERS.items()
    for line in (parser.epilog or "").splitlines()
    if line.startswith("example: ")
]


def groups(parser: argparse.ArgumentParser) -> int:
    return sum(bool(each._group_actions) and str(each.title).startswith("the ") for each in parser._action_groups)


def test_the_walk_finds_commands_of_each_depth() -> None:
    assert {"esb", "esb build", "esb-gateway event sqs receive-message", "esb-cloud serve"} <= PARSERS.keys()


@pytest.mark.parametrize("words", PARSERS)
def test_a_help_fits_a_screen(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    lines = PARSERS[words].format_help().splitlines()

    assert max(map(len, lines)) <= COLUMNS
    assert len(lines) <= (MOST_LINES if groups(PARSERS[words]) > 2 else LINES)


@pytest.mark.parametrize("words", PARSERS)
def test_a_help_names_its_command_and_explains_each_argument(words: str) -> None:
    parser = PARSERS[words]
    assert parser.format_usage().startswith(f"usage: {words} ")
    assert all(action.help for action in parser._actions if not isinstance(action, argparse._SubParsersAction))


@pytest.mark.parametrize("words", PARSERS)
def test_an_unknown_option_is_an_error_of_the_command_with_its_usage(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        PARSERS[words].parse_args(["--hlep"])
    assert end.value.code == 2
    shown = capsys.readouterr().err
    assert shown.startswith(f"usage: {words} ")
    assert f"\n{words}: error: " in shown


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("esb buidl", "esb: error: argument COMMAND: invalid choice: 'buidl'; did you mean build?"),
        ("esb build --templte=x", "esb build: error: unrecognized arguments: --templte=x; did you mean --template?"),
        ("esb init --language pyton", "argument --language: invalid choice: 'pyton'; did you mean python?"),
        ("esb-gateway event sqs recieve-message", "esb-gateway event sqs: error: argument EVENT: invalid choice:"),
        ("esb-cloud serve --prot 1", "unrecognized arguments: --prot 1; did you mean --port?"),
        ("esb-provision --plna", "unrecognized arguments: --plna; did you mean --plan?"),
        ("esb build extra", "esb build: error: unrecognized arguments: extra\n"),
    ],
)
def test_a_misspelt_word_is_named_with_what_may_be_meant(
    line: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    program, *arguments = line.split()
    with pytest.raises(SystemExit) as end:
        PARSERS[program].parse_args(arguments)
    assert end.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("program", ["esb", "esb-gateway", "esb-cloud"])
def test_the_help_of_a_program_names_each_command(program: str) -> None:
    shown = PARSERS[program].format_help()
    below = {words.split()[1] for words in PARSERS if words.startswith(f"{program} ")}
    assert all(re.search(rf"\b{name}\b", shown) for name in below)


def test_many_commands_have_an_example() -> None:
    assert len(EXAMPLES) >= 15


@pytest.mark.parametrize(("words", "example"), EXAMPLES, ids=[words for words, _ in EXAMPLES])
def test_an_example_is_understood(words: str, example: str) -> None:
    """Each part of a pipe, and what a shell evaluates."""
    assert words in example
    for part in re.sub(r'^eval "\$\((.*)\)"$|( > \S+)$', r"\1", example).split(" | "):
        program, *arguments = shlex.split(part)
        parse(program, arguments)


def parse(program: str, arguments: list[str]) -> None:
    if program == "esb-gateway":
        gateway.parse(arguments)
    elif program == "esb-provision" and arguments[0] in transfer.COMMANDS:
        assert transfer.parse(arguments).folder == Path("backup")
    else:
        PARSERS[program].parse_args(arguments)
