"""Settings: frozen dataclasses, one per service, read once from a TOML file and the environment, and passed in.

Every setting has a default, so that no file is needed. `[database] connection` and `[DEFAULT] transport_url` mean
what they mean to OpenStack's operators. The variable `CUPOLA_<SECTION>_<NAME>` overrides the file.
"""

from __future__ import annotations

import dataclasses
import difflib
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
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}") from error
    for name, values in document.items():
        if not isinstance(values, dict):
            raise ConfigurationError(f"{path} sets {name!r} outside of a section; write [DEFAULT] above it")
    return document


def read(
    cls: type[T], section: str, document: Mapping[str, Mapping[str, Any]], environ: Mapping[str, str] = os.environ
) -> T:
    """Make the settings class of one section; unknown names and wrong types are errors that name the setting."""
    hints = typing.get_type_hints(cls)
    given = dict(document.get(section, {}))
    names = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
    variables = {f"CUPOLA_{section}_{name}".upper(): name for name in names}
    _refuse_slips(environ, variables, f"CUPOLA_{section}_".upper())
    for variable, name in variables.items():
        if variable in environ:
            given[name] = _from_text(environ[variable], hints[name], f"${variable}")
    if unknown := sorted(set(given) - set(names)):
        near = difflib.get_close_matches(unknown[0], names, 1)
        meant = f"; did you mean {near[0]!r}?" if near else f"; it has: {', '.join(names)}"
        raise ConfigurationError(f"[{section}] has no setting {unknown[0]!r}{meant}")
    return cls(**{name: _checked(value, hints[name], f"[{section}] {name}") for name, value in given.items()})


def _refuse_slips(environ: Mapping[str, str], variables: Mapping[str, str], prefix: str) -> None:
    """Refuse a variable that is nearly one of ours; others may be for other sections or programs."""
    for name in environ:
        if name.startswith(prefix) and name not in variables:
            near = difflib.get_close_matches(name.removeprefix(prefix), [v.removeprefix(prefix) for v in variables], 1)
            if near:
                raise ConfigurationError(f"${name} is no setting; did you mean ${prefix}{near[0]}?")


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
    if typing.get_origin(plain) is typing.Literal:
        return _one_of(value, typing.get_args(plain), where)
    if typing.get_origin(plain) is tuple:
        if not isinstance(value, (list, tuple)):
            raise ConfigurationError(f"{where} must be a list, not {value!r}")
        return tuple(_checked(part, typing.get_args(plain)[0], where) for part in value)
    wanted = typing.get_origin(plain) or plain
    if wanted is Path and isinstance(value, str):
        return Path(value)
    if wanted is float and type(value) is int:
        return float(value)
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        raise ConfigurationError(f"{where} must be {_WORDS.get(wanted, wanted.__name__)}, not {value!r}")
    return value


def _one_of(value: Any, choices: tuple[Any, ...], where: str) -> Any:
    if value not in choices:
        raise ConfigurationError(f"{where} must be one of {', '.join(map(str, choices))}, not {value!r}")
    return value


_WORDS: dict[type, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Path: "a path",
    dict: "a table",
}
