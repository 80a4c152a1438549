"""Settings: frozen dataclasses, one per service, read once from a TOML file and the environment, and passed in.

Every setting has a default, so that no file is needed. `[database] connection` and `[DEFAULT] transport_url` mean
what they mean to OpenStack's operators. The variable `CUPOLA_<SECTION>_<NAME>` overrides the file.
"""

from __future__ import annotations

import dataclasses
import os
import tomllib
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from cupola.base.errors import ConfigurationError

T = TypeVar("T")


def load_file(path: Path | None) -> dict[str, dict[str, Any]]:
    """Read a TOML file into section → name → value; no path is an empty file.

    Raises ConfigurationError naming the file and line when it cannot be read.
    """
    if path is None:
        return {}
    try:
        document = tomllib.loads(path.read_text())
    except OSError as error:
        raise ConfigurationError(f"Cannot read {path}: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}") from error
    return {section: values if isinstance(values, dict) else {"": values} for section, values in document.items()}


def read(
    cls: type[T], section: str, document: Mapping[str, Mapping[str, Any]], environ: Mapping[str, str] = os.environ
) -> T:
    """Make the settings class of one section; unknown names and wrong types are errors that name the setting."""
    hints = typing.get_type_hints(cls)
    given = dict(document.get(section, {}))
    names = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
    for name in names:
        variable = f"CUPOLA_{section}_{name}".upper()
        if variable in environ:
            given[name] = _from_text(environ[variable], hints[name], f"${variable}")
    if unknown := sorted(set(given) - set(names)):
        raise ConfigurationError(f"[{section}] has no setting {unknown[0]!r}; it has: {', '.join(names)}")
    return cls(**{name: _checked(value, hints[name], f"[{section}] {name}") for name, value in given.items()})


def _plain(hint: Any) -> Any:
    """The type without its `| None`."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return next(arg for arg in typing.get_args(hint) if arg is not type(None))
    return hint


def _from_text(text: str, hint: Any, where: str) -> Any:
    plain = _plain(hint)
    if plain is bool:
        if text.lower() not in ("true", "false", "1", "0", "yes", "no"):
            raise ConfigurationError(f"{where} must be true or false, not {text!r}")
        return text.lower() in ("true", "1", "yes")
    if plain in (int, float):
        try:
            return plain(text)
        except ValueError as error:
            raise ConfigurationError(f"{where} must be a number, not {text!r}") from error
    if typing.get_origin(plain) is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _checked(value: Any, hint: Any, where: str) -> Any:
    plain = _plain(hint)
    if value is None:
        return None
    if plain is Path:
        return Path(value)
    if typing.get_origin(plain) is tuple and isinstance(value, (list, tuple)):
        return tuple(value)
    wanted = plain if isinstance(plain, type) else object
    if wanted is float and isinstance(value, int):
        return float(value)
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise ConfigurationError(f"{where} must be {wanted.__name__}, not {value!r}")
    return value
