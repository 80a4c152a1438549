"""Runs the stock `openstack` command again and again in one process: to start it takes longer than most requests.

Reads the words of one command a line (JSON) and answers with a line: its exit code, output and errors.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from typing import Any

from openstackclient import shell


def run(words: list[str]) -> dict[str, Any]:
    out, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        try:
            code = shell.main(words)
        except SystemExit as end:
            code = end.code
    return {"code": code or 0, "out": out.getvalue(), "errors": errors.getvalue()}


if __name__ == "__main__":
    answers = sys.stdout
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), file=answers, flush=True)
