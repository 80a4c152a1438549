"""Tempest, upstream's own conformance tests, let loose on a simulated cloud.

`tempest_excluded.txt` lists what is left out, and why. `CUPOLA_TEMPEST` selects other tests by a regular expression.
"""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.conftest import SimulatedCloud

TESTS = os.environ.get("CUPOLA_TEMPEST", r"^tempest\.api\.(identity|image|network|compute)\.")
EXCLUDED = Path(__file__).with_name("tempest_excluded.txt")
LIMIT = 1800
"""seconds"""

NOT_BUILT = {
    "compute-feature-enabled": "resize cold_migration shelve pause suspend snapshot rescue swap_volume vnc_console",
    "identity-feature-enabled": "trust application_credentials access_rules",
    "service_available": "cinder swift",
    "validation": "run_validation",  # to log in by ssh: simulated servers have no guests
}
"""What Tempest takes for granted unless told otherwise."""


def settings(cloud: SimulatedCloud, scratch: Path) -> dict[str, dict[str, Any]]:
    """Where the cloud is, what it offers, and what to use."""
    admin, login = cloud.connect("cupola-admin"), cloud.credentials("cupola-admin")
    image, flavors = admin.image.find_image("guest"), {each.name: each.id for each in admin.compute.flavors()}
    found: dict[str, dict[str, Any]] = {
        "DEFAULT": {"log_dir": scratch, "log_file": "tempest.log"},
        "oslo_concurrency": {"lock_path": scratch / "locks"},
        "auth": {
            "admin_username": login["username"],
            "admin_password": login["password"],
            "admin_project_name": login["project_name"],
            "admin_domain_name": "Default",
        },
        "identity": {"uri_v3": f"{login['auth_url']}/v3", "auth_version": "v3"},
        "compute": {
            "image_ref": image.id,
            "image_ref_alt": image.id,
            "flavor_ref": flavors["m1.tiny"],
            "flavor_ref_alt": flavors["m1.small"],
            "max_microversion": "latest",
        },
        "compute-feature-enabled": {"console_output": False},  # simulated servers have no guests
        "network": {"public_network_id": admin.network.find_network("public").id, "floating_network_name": "public"},
        "network-feature-enabled": {"api_extensions": ",".join(each.alias for each in admin.network.extensions())},
    }
    for section, names in NOT_BUILT.items():
        found.setdefault(section, {}).update(dict.fromkeys(names.split(), False))
    return found


@pytest.fixture
def workspace(cloud: SimulatedCloud, tmp_path: Path) -> list[str]:
    """The `tempest` command's words for a workspace that knows the cloud."""
    file, place = tmp_path / "workspaces.yaml", tmp_path / "workspace"
    words = ["--workspace-path", str(file)]
    tempest = str(Path(sys.executable).with_name("tempest"))
    subprocess.run([tempest, "init", "--name", "cupola", *words, str(place)], check=True, capture_output=True)
    config = configparser.RawConfigParser()
    config.read_dict(settings(cloud, tmp_path))
    with (place / "etc" / "tempest.conf").open("w") as written:
        config.write(written)
    return [tempest, "run", "--workspace", "cupola", *words]


def test_tempest(workspace: list[str]) -> None:
    words = ["--concurrency", "2", "--regex", TESTS, "--exclude-list", str(EXCLUDED)]
    done = subprocess.run([*workspace, *words], capture_output=True, text=True, timeout=LIMIT)
    failed = [line for line in done.stdout.splitlines() if line.endswith(" FAILED")]
    assert done.returncode == 0, "\n".join([*failed, done.stdout[-5000:], done.stderr[-2000:]])
    assert "- Passed: 0" not in done.stdout
