"""Tempest's smoke tests, when the folder of the harness that runs them is given.

`CUPOLA_CONFORMANCE` names a folder with a script `run.sh SUITE`, which takes the administrator's login from `OS_*` and
ends with 0 when no test failed. `CUPOLA_CONFORMANCE_SUITE` chooses another suite. What it installs stays in the cache
that it is told (`CONFORMANCE_CACHE`, by default below the folder where the tests are run).
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.conformance.conftest import SimulatedCloud

HARNESS = os.environ.get("CUPOLA_CONFORMANCE", "")
LIMIT = 3600
"""seconds"""


@pytest.mark.skipif(not HARNESS, reason="CUPOLA_CONFORMANCE does not name the folder of the Tempest harness")
def test_tempest(cloud: SimulatedCloud) -> None:
    login = cloud.credentials("cupola-admin")
    environment = {
        "OS_AUTH_URL": f"{login['auth_url']}/v3",
        "OS_USERNAME": login["username"],
        "OS_PASSWORD": login["password"],
        "OS_PROJECT_NAME": login["project_name"],
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
    }
    suite = os.environ.get("CUPOLA_CONFORMANCE_SUITE", "smoke")
    command = [str(Path(HARNESS) / "run.sh"), "-t", str(LIMIT), suite]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
