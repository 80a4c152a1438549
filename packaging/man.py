"""Write the page cupola(1), from what the commands say of themselves.

python packaging/man.py > cupola.1
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import click

from cupola import __version__
from cupola.cli.main import main


def page(command: click.Group) -> Iterator[str]:
    """The page's lines, in the language of man(7)."""
    day = time.strftime("%Y-%m-%d", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))))
    yield f'.TH CUPOLA 1 {day} "cupola {__version__}" "User Commands"'
    yield from (
        ".SH NAME",
        "cupola \\- " + text(command.help or "").rstrip(".").lower().replace("openstack", "OpenStack"),
    )
    yield from (".SH SYNOPSIS", ".B cupola", ".I COMMAND", "[\\fIOPTIONS\\fR]", ".SH COMMANDS")
    yield from commands(command, "cupola")
    yield from (".SH FILES", ".TP", ".I /etc/cupola/cupola.toml", "Settings.", ".TP", ".I /var/lib/cupola", "State.")
    yield from (".SH SEE ALSO", "The pages in", ".IR /usr/share/doc/cupola/docs ;", ".I install.md", "comes first.")


def commands(group: click.Group, path: str) -> Iterator[str]:
    """Each command with its options, those of groups after one another."""
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
            continue
        given = " ".join(
            p.make_metavar(click.Context(command)) for p in command.params if isinstance(p, click.Argument)
        )
        yield from (f".SS {text(f'{path} {name} {given}'.strip())}", text(command.help or ""))
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden:
                names = ", ".join(option.opts + option.secondary_opts)
                yield from (".TP", f"\\fB{text(names)}\\fR", text(option.help or ""))


def text(words: str) -> str:
    """Plain words as man(7) writes them, in one line."""
    line = " ".join(words.split()).replace("\\", "\\\\").replace("-", "\\-")
    return f"\\&{line}" if line.startswith((".", "'")) else line


if __name__ == "__main__":
    print("\n".join(page(main)))
