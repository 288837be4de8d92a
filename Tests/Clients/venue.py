# SPDX-License-Identifier: Apache-2.0
"""Starts a simulated venue for a client's test, and counts what holds."""

import hashlib
import json
import signal
import subprocess
import sys
import time


def key(name):
    """A private key that is nobody's: the hash of a name."""
    return "0x" + hashlib.sha256(f"apus test key {name}".encode()).hexdigest()


class Venue:
    """A venuesim of its own on a free port; it ends with the block, and by itself if this program is killed."""

    def __init__(self, program, *options):
        self.command = [program, "hyperliquid", "--json", "--stop-after", "120", "--idle-timeout", "60", *options]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        first = self.process.stdout.readline()
        self.url = json.loads(first)["address"]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            rest, _ = self.process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            rest, _ = self.process.communicate()
        self.summary = json.loads(rest.strip().splitlines()[-1]) if rest.strip() else {}
        check("the venue ends cleanly", self.process.returncode == 0, self.process.returncode)


# Nothing here may outlive a test that was given up.
signal.alarm(150)

passed = 0
failed = 0


def check(what, holds, found=None):
    global passed, failed
    if holds:
        passed += 1
        print(f"  ok      {what}")
    else:
        failed += 1
        print(f"  FAILED  {what}: {found!r}"[:1500])
    return holds


def wait(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return bool(condition())


def finish():
    print(f"{passed} passed, {failed} failed")
    sys.exit(0 if failed == 0 and passed > 0 else 1)
