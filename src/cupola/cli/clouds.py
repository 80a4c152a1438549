"""clouds.yaml and openrc: how clients find this cloud."""

from __future__ import annotations

import contextlib
import os
import shlex
from pathlib import Path
from typing import Any

import yaml

from cupola.base.errors import ConfigurationError
from cupola.cli.state import write_secret


def entries(auth_url: str, demo_password: str, admin_password: str) -> dict[str, Any]:
    """The two entries of a clouds.yaml: the demo user's and the administrator's."""

    def entry(user: str, secret: str) -> dict[str, Any]:
        return {
            "auth": {
                "auth_url": auth_url,
                "username": user,
                "password": secret,
                "project_name": user,
                "user_domain_id": "default",
                "project_domain_id": "default",
            },
            "region_name": "RegionOne",
            "identity_api_version": 3,
        }

    return {"cupola": entry("demo", demo_password), "cupola-admin": entry("admin", admin_password)}


def user_file() -> Path:
    """Where OpenStack's clients look for the user's own clouds.yaml."""
    config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(config) / "openstack" / "clouds.yaml"


def merge(path: Path, ours: dict[str, Any]) -> None:
    """Put our entries into a clouds.yaml; everybody else's stay as they are."""
    document = read(path)
    document.setdefault("clouds", {}).update(ours)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_secret(path.resolve(), yaml.safe_dump(document, sort_keys=False))


def take_out(path: Path, ours: dict[str, Any]) -> None:
    """Remove those of our entries that are still there; a file or directory that held nothing else goes too."""
    document = read(path)
    clouds = document.get("clouds", {})
    if not path.exists():
        return
    for name, entry in ours.items():
        if clouds.get(name) == entry:
            del clouds[name]
    if not clouds and set(document) <= {"clouds"}:
        path.unlink()
        with contextlib.suppress(OSError):  # other files are in it
            path.parent.rmdir()
    else:
        write_secret(path.resolve(), yaml.safe_dump(document, sort_keys=False))


def read(path: Path) -> dict[str, Any]:
    """A clouds.yaml; empty if it is not there. Raises ConfigurationError when it is none."""
    try:
        document = (yaml.safe_load(path.read_text()) or {}) if path.exists() else {}
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path} is no YAML: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("clouds", {}), dict):
        raise ConfigurationError(f"{path} is no clouds.yaml: it should have a table called clouds.")
    return document


def openrc(entry: dict[str, Any], programs: Path) -> str:
    """The same entry as variables for a shell, with the directory of our programs in its path."""
    auth = entry["auth"]
    variables = {
        "OS_AUTH_URL": auth["auth_url"],
        "OS_USERNAME": auth["username"],
        "OS_PASSWORD": auth["password"],
        "OS_PROJECT_NAME": auth["project_name"],
        "OS_USER_DOMAIN_ID": "default",
        "OS_PROJECT_DOMAIN_ID": "default",
        "OS_REGION_NAME": entry["region_name"],
        "OS_IDENTITY_API_VERSION": "3",
    }
    lines = [f"export {name}={shlex.quote(str(value))}\n" for name, value in variables.items()]
    return "".join(lines) + f'export PATH={shlex.quote(str(programs))}:"$PATH"\n'
