"""`python -m cupola.guest`: build the guest image if need be and print its path."""

import sys

from cupola.guest.build import BuildError, build, default_cache

try:
    print(build(default_cache()))
except BuildError as error:
    sys.exit(f"cupola: {error}")
