"""The operator's policy.yaml: checks in place of defaults."""

from pathlib import Path

import yaml

from cupola.base.policy.errors import PolicyError
from cupola.base.policy.rule import CheckSource


class Overrides(dict[str, CheckSource]):
    """Checks by rule name, and where they were written, for messages."""

    def __init__(self, source: str, checks: dict[str, CheckSource]) -> None:
        super().__init__(checks)
        self.source = source


def load_overrides(path: Path) -> Overrides:
    """Read a policy file (YAML, so JSON too); a file that is not there overrides nothing.

    Only the file's form is judged here; an Enforcer judges names and checks. Raises PolicyError.
    """
    source = str(path)
    try:
        content = yaml.safe_load(path.read_bytes())
    except FileNotFoundError:
        return Overrides(source, {})
    except (OSError, yaml.YAMLError) as error:
        raise PolicyError("*", source, f"the file cannot be read: {error}") from error
    if content is None:
        return Overrides(source, {})
    if not isinstance(content, dict):
        raise PolicyError("*", source, "the file is not a mapping of rule names to checks")
    for name, check in content.items():
        if not isinstance(name, str) or not isinstance(check, str | list):
            raise PolicyError(str(name), source, f'the check is {check!r}; write a text ("" allows everybody)')
    return Overrides(source, content)
