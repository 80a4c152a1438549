"""Settings: from a file and the environment, with every slip named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from cupola.base.errors import ConfigurationError
from cupola.base.settings import load_file, read


@dataclass(frozen=True)
class Engine:
    """A section."""

    name: str = "V8"
    cylinders: int = 8
    litres: float = 4.0
    running: bool = False
    logbook: Path | None = None
    owners: tuple[str, ...] = ()
    ratios: tuple[float, ...] = ()
    fuel: Literal["petrol", "diesel"] = "petrol"
    labels: Mapping[str, str] | None = None
    extra: dict[str, str] | None = None
    redline: int | None = None


def engine(values: Mapping[str, Any] | None = None, **environ: str) -> Engine:
    return read(Engine, "engine", {"engine": dict(values or {})}, environ)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cupola.toml"


def test_without_a_file_everything_has_its_default() -> None:
    assert read(Engine, "engine", load_file(None), {}) == Engine()


def test_the_file_overrides_the_defaults(file: Path) -> None:
    file.write_text(
        '[engine]\nname = "ä"\ncylinders = 6\nlitres = 3\nrunning = true\nlogbook = "/log"\nowners = ["Ann", "Bob"]\n'
        'ratios = [1, 2.5]\nfuel = "diesel"\nextra = {a = "b"}\nredline = 7000\n[other]\nname = "x"\n'
    )
    expected = Engine("ä", 6, 3.0, True, Path("/log"), ("Ann", "Bob"), (1.0, 2.5), "diesel", None, {"a": "b"}, 7000)
    assert read(Engine, "engine", load_file(file), {}) == expected


def test_the_environment_overrides_the_file() -> None:
    seen = engine(
        {"name": "V6", "cylinders": 6},
        CUPOLA_ENGINE_CYLINDERS="12",
        CUPOLA_ENGINE_LITRES="6.5",
        CUPOLA_ENGINE_RUNNING="Yes",
        CUPOLA_ENGINE_LOGBOOK="/log",
        CUPOLA_ENGINE_OWNERS="Ann, Bob,",
        CUPOLA_ENGINE_REDLINE="9000",
        CUPOLA_ENGINE_FUEL="diesel",
    )
    assert seen == Engine("V6", 12, 6.5, True, Path("/log"), ("Ann", "Bob"), fuel="diesel", redline=9000)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"cylinders": "8"}, "[engine] cylinders must be a whole number, not '8'"),
        ({"cylinders": True}, "[engine] cylinders must be a whole number, not True"),
        ({"cylinders": 8.0}, "[engine] cylinders must be a whole number, not 8.0"),
        ({"litres": True}, "[engine] litres must be a number, not True"),
        ({"name": 5}, "[engine] name must be text, not 5"),
        ({"running": "yes"}, "[engine] running must be true or false, not 'yes'"),
        ({"logbook": 5}, "[engine] logbook must be a path, not 5"),
        ({"owners": "Ann"}, "[engine] owners must be a list, not 'Ann'"),
        ({"owners": ["Ann", 5]}, "[engine] owners must be text, not 5"),
        ({"fuel": "coal"}, "[engine] fuel must be one of petrol, diesel, not 'coal'"),
        ({"extra": "a"}, "[engine] extra must be a table, not 'a'"),
        ({"redline": "high"}, "[engine] redline must be a whole number, not 'high'"),
    ],
)
def test_a_value_of_the_wrong_type_is_named_with_what_it_must_be(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        engine(values)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [
        ("CUPOLA_ENGINE_CYLINDERS", "many", "$CUPOLA_ENGINE_CYLINDERS must be a number, not 'many'"),
        ("CUPOLA_ENGINE_RUNNING", "perhaps", "$CUPOLA_ENGINE_RUNNING must be true or false, not 'perhaps'"),
        ("CUPOLA_ENGINE_FUEL", "coal", "[engine] fuel must be one of petrol, diesel, not 'coal'"),
        ("CUPOLA_ENGINE_CYLINDER", "5", "$CUPOLA_ENGINE_CYLINDER is no setting; did you mean $CUPOLA_ENGINE_CYLINDERS"),
    ],
)
def test_a_wrong_variable_is_named(variable: str, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        engine(**{variable: text})
    assert str(caught.value).startswith(said)


def test_variables_of_others_are_none_of_our_business() -> None:
    assert engine(CUPOLA_ENGINE_ROOM_COLOUR="red", CUPOLA_HOME="/", ENGINE_NAME="x") == Engine()


def test_an_unknown_name_is_refused_with_what_it_is_near_to() -> None:
    with pytest.raises(ConfigurationError, match=r"\[engine\] has no setting 'cilinders'; did you mean 'cylinders'\?"):
        engine({"cilinders": 8})


def test_an_unknown_name_that_is_near_to_nothing_is_refused_with_all_there_are() -> None:
    with pytest.raises(ConfigurationError, match="has no setting 'q'; it has: name, cylinders, litres"):
        engine({"q": 8})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[engine\n", "cupola.toml is not valid TOML: .*line 1"),
        (b"[engine]\nname = \xff\n", "cupola.toml is not valid TOML"),
        (b"name = 1\n", "sets 'name' outside of a section"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(file: Path, content: bytes, said: str) -> None:
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=said):
        load_file(file)


def test_a_file_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"Cannot read .*cupola.toml: No such file"):
        load_file(file)
