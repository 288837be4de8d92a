# SPDX-License-Identifier: Apache-2.0
"""Runs processes and measures them, and keeps the history of what was measured."""
import json
import os
import platform
import subprocess
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


class Failed(Exception):
    """A process that was to be measured did not finish as it should have."""


def run(command):
    """Runs a command to its end and returns (standard output, wall seconds, peak resident MiB).

    GNU time stands between, because Linux charges a process with the memory of the one that started it, and GNU time
    has next to none.
    """
    words = [str(word) for word in command]
    with tempfile.TemporaryDirectory() as folder:
        peak = Path(folder, "peak")
        begin = time.perf_counter()
        process = subprocess.run(
            ["/usr/bin/time", "--quiet", "--format=%M", f"--output={peak}", *words],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=REPOSITORY)
        seconds = time.perf_counter() - begin
        if process.returncode != 0:
            raise Failed(f"'{' '.join(words)}' ended with {process.returncode}:\n{process.stderr}")
        return process.stdout, seconds, int(peak.read_text()) / 1024


def backtest(apus, config, bars, output):
    """Runs `apus backtest` and returns (its JSON document, wall seconds, peak resident MiB)."""
    command = [apus, "backtest", config]
    for symbol, path in bars.items():
        command += ["--bars", f"{symbol}={path}"]
    output.parent.mkdir(parents=True, exist_ok=True)
    output.unlink(missing_ok=True)
    _, seconds, peak = run(command + ["--json", output])
    return json.loads(output.read_text()), seconds, peak


def can_backtest(apus):
    """Whether the program is there and knows `backtest --bars`."""
    try:
        return "--bars" in run([apus, "backtest", "--help"])[0]
    except (Failed, OSError):
        return False


def circumstances():
    """Returns when, on what commit and on what machine this is measured."""
    git = lambda *words: subprocess.run(
        ["git", *words], cwd=REPOSITORY, capture_output=True, text=True).stdout.strip()
    model = next(
        (line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine())
    changed = git("status", "--porcelain", "--untracked-files=no", ":!Benchmarks/**/results.*")
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M"),
        "commit": (git("rev-parse", "--short", "HEAD") or "unknown") + ("+changes" if changed else ""),
        "load": f"{os.getloadavg()[0]:.1f}",
        "machine": f"{model}, {os.cpu_count()} processors, Linux {platform.release().split('-')[0]}",
    }


def append(path, entry):
    """Adds an entry to a history file (a JSON list, oldest first) and returns the whole history."""
    history = json.loads(path.read_text()) if path.exists() else []
    history.append(entry)
    write(path, json.dumps(history, indent=2) + "\n")
    return history


def write(path, text):
    """Replaces a file as a whole."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text)
    partial.rename(path)


def table(header, rows):
    """Returns a Markdown table; every column but the first is set to the right."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "".join("| " + " | ".join(map(str, line)) + " |\n" for line in lines)


def millions(bars_per_second):
    return f"{bars_per_second / 1e6:.3g} M"
