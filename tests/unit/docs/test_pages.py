"""The documentation's pages: links lead somewhere, and what they have people type and write is taken."""

from __future__ import annotations

import re
import shlex
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cupola.cli.main import main
from cupola.wiring.settings import settings_of

PROJECT = Path(__file__).parents[3]
PAGES = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").glob("*.md")])
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)

BOX = re.compile(r"^```(\w*).*\n((?:.*\n)*?)```$|((?:^(?: {4,}.*)?\n)+)", re.MULTILINE)
"""A box between fences, or indented."""


def boxes(page: Path) -> Iterator[str]:
    for match in BOX.finditer(page.read_text()):
        yield match[2] or textwrap.dedent(match[3] or "")


def prose(page: Path) -> str:
    return BOX.sub("\n", page.read_text())


def anchors(page: Path) -> set[str]:
    """What can be written after # of a page, as GitHub makes it of headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def commands(page: Path) -> Iterator[str]:
    """Each `cupola …` in boxes, and in the running text where it is a whole command."""
    for box in boxes(page):
        for line in box.replace("\\\n", " ").splitlines():
            for part in re.split(r"[|;&<>()]", re.split(r"(?:^|\s)#", line)[0]):
                if match := re.match(r"\s*(?:\$ |runuser .*-- )?cupola ([a-z][^…]*)$", part):
                    yield match[1]
    for match in re.finditer(r"`cupola ([^`|…<\[\n]+)(?:\n([^`|…<\[\n]*))?`", prose(page)):
        yield f"{match[1]} {match[2] or ''}"


@each_page
def test_commands_are_there_with_their_options(page: Path) -> None:
    for line in commands(page):
        command: click.Command = main
        words = shlex.split(line)
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            name = words.pop(0)
            assert name in command.commands, line
            command = command.commands[name]
        try:
            command.make_parser(click.Context(command)).parse_args(words)
        except click.UsageError as error:
            raise AssertionError(f"cupola {line}: {error.format_message()}") from error


@each_page
def test_settings_are_known(page: Path, tmp_path: Path) -> None:
    for box in boxes(page):
        if re.match(r"\[[a-zA-Z]+\]\n", box):
            for name in re.findall(r"/etc/cupola/([\w.-]+)", box):  # files that have to be there
                (tmp_path / name).touch()
            box = box.replace("rabbit://…", "rabbit://broker").replace("/etc/cupola", str(tmp_path))
            written = tomllib.loads(box)
            written.setdefault("DEFAULT", {}).setdefault("transport_url", "rabbit://broker")
            settings_of(written, tmp_path, {})


@each_page
def test_targets_of_make_are_there(page: Path) -> None:
    there = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    boxed = (line for box in boxes(page) for line in re.findall(r"^make ([a-z-]+)", box, re.MULTILINE))
    assert {*boxed, *re.findall(r"`make ([a-z-]+)", prose(page))} <= there
