"""libvirt's Python binding, wherever it is installed.

It is no dependency that pip resolves: from PyPI it is built from source, with a compiler and libvirt's headers. The
distribution's package is what hosts have, and a virtual environment of the same Python can load it.
"""

import importlib
import sys
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from typing import Any

from cupola.compute.host.drivers.errors import HypervisorError

DISTRIBUTION = "/usr/lib/python3/dist-packages"


@cache
def binding() -> Any:
    """Return the module `libvirt`. Raises HypervisorError, which says what to install."""
    try:
        module = importlib.import_module("libvirt")
    except ModuleNotFoundError:
        module = of_the_distribution()
    module.registerErrorHandler(_say_nothing, None)  # it would print what is raised as well
    return module


def of_the_distribution(directory: str = DISTRIBUTION) -> Any:
    """Load it from where Debian's packages put modules, and nothing else from there. Raises HypervisorError."""
    for name in ("libvirtmod", "libvirt"):
        spec = PathFinder.find_spec(name, [directory])
        if spec is None or spec.loader is None:
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            raise HypervisorError(
                "libvirt",
                f"its binding for Python {version} is not installed: `apt install python3-libvirt` where that is "
                "the system's Python, else `pip install libvirt-python`",
            )
        module = sys.modules[name] = module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return module


def _say_nothing(context: object, error: object) -> None:
    """Errors are raised, and said by whoever catches them."""
