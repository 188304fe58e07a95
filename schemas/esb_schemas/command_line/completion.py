"""Completion scripts for bash, zsh and fish, generated from a program's argparse parser.

shtab does not support fish (tqdm/shtab#134); argcomplete starts the program at each press of Tab.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from esb_schemas.command_line.parser import CommandParser

SHELLS: Final = ("bash", "zsh", "fish")
# Gives zsh the `complete` of bash, once for all programs: compinit takes 0.1 s.
_ZSH: Final = "whence complete >/dev/null || { autoload -U +X compinit bashcompinit && compinit && bashcompinit; }"


class Option(NamedTuple):
    """An option and its help. `takes_value`: it has an argument; `choices` are the known ones."""

    names: tuple[str, ...]
    help: str
    takes_value: bool
    choices: tuple[str, ...]


class Command(NamedTuple):
    """A command. `words` are like `events list`, empty for the program itself; `commands` are its subcommands."""

    words: tuple[str, ...]
    options: tuple[Option, ...]
    commands: Mapping[str, str]  # with their help; or the values of an argument


def add_completion(commands: argparse._SubParsersAction[CommandParser], program: str) -> None:
    """Add the command `completion SHELL` to a program."""
    help_ = "print a script that completes commands in a shell"
    commands.add_parser("completion", parents=[_argument()], help=help_, **_texts(program))


def completion_parser(program: str) -> CommandParser:
    """The parser of `program completion SHELL`, for a program without other commands."""
    return CommandParser(prog=f"{program} completion", parents=[_argument()], **_texts(program))


def _argument() -> CommandParser:
    result = CommandParser(add_help=False)
    result.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))
    return result


def _texts(program: str) -> dict[str, Any]:
    description = (
        f'For bash: eval "$({program} completion bash)". For zsh the same, at the end of .zshrc. '
        f"For fish: {program} completion fish | source."
    )
    usage = f"{program} completion SHELL"
    return {"usage": usage, "description": description}


def completion(parser: CommandParser, shell: str, others: Mapping[str, CommandParser] | None = None) -> str:
    """The script for a shell of SHELLS. It completes file names where nothing else is known.

    `others` are commands that the program parses before its own parser does.
    """
    commands = list(_commands(parser, (), others or {}))
    if shell == "fish":
        return "\n".join(_fish(parser.prog, commands)) + "\n"
    begin = [_ZSH] if shell == "zsh" else []
    return "\n".join([*begin, *_bash(parser.prog, commands)]) + "\n"


def _commands(parser: CommandParser, words: tuple[str, ...], others: Mapping[str, CommandParser]) -> Iterator[Command]:
    below = {name: each for action in _subparsers(parser) for name, each in action.choices.items()} | dict(others)
    helps = {choice.dest: choice.help or "" for action in _subparsers(parser) for choice in action._choices_actions}
    helps |= {name: each.description or "" for name, each in others.items()}
    options = tuple(_option(action) for action in parser._actions if action.option_strings)
    values = {str(value): "" for action in parser._actions if _is_argument(action) for value in action.choices or ()}
    yield Command(words, options, values | {name: helps.get(name, "") for name in below})
    for name, each in below.items():
        yield from _commands(each, (*words, name), {})


def _is_argument(action: argparse.Action) -> bool:
    return not action.option_strings and not isinstance(action, argparse._SubParsersAction)


def _subparsers(parser: CommandParser) -> Iterator[argparse._SubParsersAction[CommandParser]]:
    yield from (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))


def _option(action: argparse.Action) -> Option:
    choices = tuple(map(str, action.choices or ()))
    help_ = "" if action.help is None else action.help.replace("%%", "%").replace("%(prog)s", "")
    return Option(tuple(action.option_strings), help_, action.nargs != 0, choices)


def _bash(program: str, commands: list[Command]) -> Iterator[str]:
    name = f"_{program.replace('-', '_')}"
    yield f"{name}() {{"
    yield '  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"'
    yield '  local words="" options="" known="" word'
    yield "  COMPREPLY=()"
    yield '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do'
    yield '    case "$known $word" in'
    for command in commands:
        for below in command.commands:
            words = " ".join((*command.words, below))
            yield f'      " {words}") known=" {words}" ;;'
    yield "    esac"
    yield "  done"
    yield '  case "$known $previous" in'
    for command in commands:
        for option in command.options:
            pattern = "|".join(f'"{_known(command)} {each}"' for each in option.names)
            if option.choices:
                yield f'    {pattern}) COMPREPLY=($(compgen -W "{" ".join(option.choices)}" -- "$current")); return ;;'
            elif option.takes_value:
                yield f"    {pattern}) return ;;"
    yield "  esac"
    yield '  case "$known" in'
    for command in commands:
        options = " ".join(each for option in command.options for each in option.names)
        yield f'    "{_known(command)}") words="{" ".join(command.commands)}" options="{options}" ;;'
    yield "  esac"
    yield '  [[ $current == -* ]] && words="$options"'
    yield '  COMPREPLY=($(compgen -W "$words" -- "$current"))'
    yield "}"
    yield f"complete -o default -F {name} {program}"


def _known(command: Command) -> str:
    return "".join(f" {word}" for word in command.words)


def _fish(program: str, commands: list[Command]) -> Iterator[str]:
    for command in commands:
        seen = "; and ".join(f"__fish_seen_subcommand_from {word}" for word in command.words)
        condition = seen or "__fish_use_subcommand"
        for name, help_ in command.commands.items():
            alone = f"{condition}; and not __fish_seen_subcommand_from {' '.join(command.commands)}"
            yield _fish_line(program, alone if command.words else condition, f"-f -a {name}", help_)
        for option in command.options:
            names = " ".join(f"-l {each[2:]}" if each.startswith("--") else f"-s {each[1:]}" for each in option.names)
            value = f" -x -a '{' '.join(option.choices)}'" if option.choices else " -r" if option.takes_value else ""
            yield _fish_line(program, condition, names + value, option.help)


def _fish_line(program: str, condition: str, what: str, help_: str) -> str:
    text = help_.replace("\\", "\\\\").replace("'", "\\'")
    return f"complete -c {program} -n '{condition}' {what} -d '{text}'"
