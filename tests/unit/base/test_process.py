"""What a process keeps of the memory that it used for a while, and how many files it may open."""

from __future__ import annotations

import subprocess
import sys

HASH_IN_THREADS = """
from pathlib import Path
from threading import Thread
from cupola.base.auth.passwords import Passwords
from cupola.base.process import give_back_large_blocks
give_back_large_blocks()
passwords = Passwords()
def resident():
    return next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if "VmRSS" in line)
before = resident()
for _ in range(2):
    threads = [Thread(target=passwords.hash, args=("secret",)) for _ in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
print(resident() - before)
"""


def test_password_hashes_leave_no_memory_behind() -> None:
    done = subprocess.run([sys.executable, "-c", HASH_IN_THREADS], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 10_000, "kB"


def test_as_many_files_may_be_open_as_the_system_permits() -> None:
    script = """
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
from cupola.base.process import allow_many_files
setrlimit(RLIMIT_NOFILE, (256, getrlimit(RLIMIT_NOFILE)[1]))
allow_many_files()
soft, hard = getrlimit(RLIMIT_NOFILE)
assert soft == hard > 256
"""
    subprocess.run([sys.executable, "-c", script], check=True)
