"""The commands of a page of the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs"


@dataclass(frozen=True)
class Block:
    """A block of commands: under which heading, in which section, on which machine (the word after ```sh), its text."""

    section: str
    heading: str
    where: str
    text: str

    def __str__(self) -> str:
        place = f"{self.section}, {self.heading}" if self.heading else self.section
        return f"{place}: {self.text.strip().splitlines()[0]}"

    @property
    def packages(self) -> str:
        """The commands it begins with that take packages from a mirror."""
        found = re.match(r"(?:apt-get (?:.*\\\n)*.*\n)*", self.text)
        return found[0] if found else ""

    @property
    def looks(self) -> bool:
        """Whether its commands only look: what they are to find may still be on its way."""
        return all(re.match(r"cupola (check|status|doctor|host list)\b", line) for line in self.text.splitlines())


def blocks(page: str) -> Iterator[Block]:
    """All blocks of commands, in order."""
    section = heading = ""
    for match in re.finditer(r"^(##+) (.+)$|^```sh *(.*)\n((?:.*\n)*?)```$", (DOCS / page).read_text(), re.MULTILINE):
        if match[1] == "##":
            section, heading = match[2], ""
        elif match[1]:
            heading = match[2]
        else:
            yield Block(section, heading, match[3].strip(), match[4])
