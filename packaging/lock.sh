#!/bin/sh
# Resolve pyproject.toml again and write the two lock files (`make lock`).
#
#   requirements.lock      what Cupola runs with, the stock client, and what builds it
#   requirements-dev.lock  the same versions, and what tests, lint and databases need
#
# Run it with the lowest Python that pyproject.toml allows (PYTHON, default python3).
set -eu
cd "$(dirname "$0")/.."
tools=$(mktemp -d)
trap 'rm -rf "$tools" dev.in' EXIT
"${PYTHON:-python3}" -m venv "$tools/venv"
"$tools/venv/bin/pip" install --quiet pip-tools

compile() { # compile OUTPUT INPUT...: write one lock file, with no word about where packages came from
    output=$1; shift
    { printf '# Written by packaging/lock.sh from pyproject.toml. Do not edit: run "make lock".\n'
      "$tools/venv/bin/pip-compile" --quiet --no-header --strip-extras --allow-unsafe --output-file - \
          --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options "$@"
    } > "$tools/new.lock"
    mv "$tools/new.lock" "$output"
}

compile requirements.lock --extra client --all-build-deps pyproject.toml
"$tools/venv/bin/python" - > dev.in <<'P'
import tomllib
print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"], sep="\n")
P
compile requirements-dev.lock --all-extras --constraint requirements.lock pyproject.toml dev.in
