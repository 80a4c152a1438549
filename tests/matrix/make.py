"""Write `roles.txt` anew: `python -m tests.matrix.make`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.matrix.roles import FILE, lines
from tests.matrix.world import make_world


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        FILE.write_text("\n".join(lines(make_world(Path(directory)))) + "\n")


if __name__ == "__main__":
    main()
