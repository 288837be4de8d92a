# SPDX-License-Identifier: Apache-2.0
"""Runs sessions of Apus against simulated venues: real processes, real sockets, loopback only.

    python3 -B Tests/Sessions/full_cycle.py [FOLDER-OF-PROGRAMS]

Every process that is started here is ended here, by its id; each also ends by itself.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from decimal import Decimal

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "..", "..", ".build", "debug")
APUS = os.path.abspath(os.path.join(PROGRAMS, "apus"))
VENUESIM = os.path.abspath(os.path.join(PROGRAMS, "venuesim"))

# Keys that everybody knows: the first accounts of the Hardhat network, derived from its published test mnemonic.
KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
ACCOUNT = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
OTHER_KEY = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"
OTHER_ACCOUNT = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"


class Folder:
    """A folder that is gone at the end. Sockets' paths are short, so it is not deep."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="apus-session-")
        os.chmod(self.path, 0o700)
        return self

    def __exit__(self, *_):
        if not os.environ.get("APUS_KEEP"):
            shutil.rmtree(self.path, ignore_errors=True)
        else:
            print(f"  kept    {self.path}")

    def __truediv__(self, name):
        return os.path.join(self.path, name)


def pinned(cores):
    """For a process that is to run on these processor cores only."""
    return (lambda: os.sched_setaffinity(0, cores)) if cores else None


class Venue:
    """A venuesim of its own on a free port."""

    cores = None

    def __init__(self, *options, account=f"{ACCOUNT}=1000", seconds=150, limits=False):
        accounts = ["--account", account] if account else []
        self.is_limited = limits
        self.command = [VENUESIM, "hyperliquid", "--json", "--port", "0", "--stop-after", str(seconds)]
        self.command += accounts + ([] if limits else ["--no-limits"]) + list(options)
        self.summary = {}

    def __enter__(self):
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, text=True, preexec_fn=pinned(self.cores))
        first = self.process.stdout.readline()
        try:
            self.url = json.loads(first)["address"]
        except (ValueError, KeyError):
            self.process.kill()
            self.process.wait()
            raise
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Its summary: what it was asked and what it did."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            rest, _ = self.process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            rest, _ = self.process.communicate()
        except ValueError:
            return self.summary
        lines = rest.strip().splitlines()
        if lines:
            self.summary = json.loads(lines[-1])
        return self.summary

    def info(self, kind, user=ACCOUNT, **more):
        body = json.dumps({"type": kind, **({"user": user} if user else {}), **more}).encode()
        request = urllib.request.Request(self.url + "/info", body, {"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for attempt in range(20):
            try:
                with opener.open(request, timeout=10) as answer:
                    return json.load(answer)
            except OSError:  # a fault that was asked for
                if attempt == 19:
                    raise
                time.sleep(0.5)

    def fills(self):
        """All fills of the account, oldest first."""
        return list(reversed(self.info("userFills")))

    def positions(self):
        state = self.info("clearinghouseState")
        return {p["position"]["coin"]: p["position"]["szi"] for p in state["assetPositions"]}


class Session:
    """`apus trade`, as a process."""

    def __init__(self, folder, config, mode, *options, name="session", key=KEY, environment=None, log="out.log",
                 program=None):
        config = json.loads(json.dumps(config))
        config["live"]["instance"] = name
        self.folder = folder
        self.name = name
        self.program = program or APUS
        self.journal = os.path.join(folder.path, "journal", name)
        self.config = folder / f"{name}.json"
        with open(self.config, "w") as file:
            json.dump(config, file)
        self.environment = dict(os.environ, XDG_RUNTIME_DIR=folder.path, APUS_TEST_KEY=key, **(environment or {}))
        self.environment.pop("http_proxy", None)
        self.summary_file = folder / f"{name}-summary.json"
        self.log = folder / f"{name}-{log}"
        self.command = [self.program, "trade", self.config, "--mode", mode, "--json", self.summary_file, *options]

    limit = None

    def __enter__(self):
        self.output = open(self.log, "ab")
        self.process = subprocess.Popen(
            self.command, stdout=self.output, stderr=self.output, stdin=subprocess.DEVNULL, cwd=self.folder.path,
            env=self.environment, preexec_fn=self.limit)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.output.close()

    def wait(self, seconds=60):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.output.close()

    def run(self, seconds=60):
        """Runs it to its end; the exit status and all that it wrote."""
        with self:
            status = self.wait(seconds)
        return status, self.text

    @property
    def text(self):
        with open(self.log, errors="replace") as file:
            return file.read()

    def resident(self, highest=False):
        """Kilobytes of memory that it has now, or at most had; 0 once it has ended."""
        try:
            with open(f"/proc/{self.process.pid}/status") as file:
                name = "VmHWM" if highest else "VmRSS"
                return next((int(line.split()[1]) for line in file if line.startswith(name)), 0)
        except FileNotFoundError:
            return 0

    def control(self, *words):
        return apus(
            "control", *words, "--name", self.name, environment=self.environment, program=self.program)

    def status(self):
        """What the session says of itself; None where it does not answer."""
        try:
            with socket.socket(socket.AF_UNIX) as link:
                link.settimeout(10)
                link.connect(os.path.join(self.folder.path, "apus", f"{self.name}.sock"))
                link.sendall(b'{"version":1,"command":"status"}\n')
                line = b""
                while not line.endswith(b"\n"):
                    part = link.recv(65536)
                    if not part:
                        return None
                    line += part
                return json.loads(line).get("status")
        except OSError:
            return None

    def summary(self):
        with open(self.summary_file) as file:
            return json.load(file)

    def apus(self, *words):
        return apus(*words, environment=self.environment, folder=self.folder.path, program=self.program)

    def entries(self):
        """The log's entries."""
        found = []
        try:
            with open(os.path.join(self.journal, "apus.log")) as file:
                for line in file:
                    try:
                        found.append(json.loads(line))
                    except ValueError:
                        pass  # the last line of a killed program
        except FileNotFoundError:
            pass
        return found


def apus(*words, environment=None, folder=None, program=None):
    return subprocess.run(
        [program or APUS, *words], env=environment, cwd=folder, capture_output=True, text=True, timeout=120)


def configuration(venues, strategies, folder, name="session", **sections):
    """A configuration for simulated venues; `venues` by name: the venue and its own settings."""
    found = {
        "account": {"base_currency": "USDC", "balances": {"USDC": 1000}},
        "venues": {},
        "limits": {
            "max_order_notional": 500, "max_position_notional": 1000, "max_total_notional": 5000, "max_leverage": 10,
            "price_collar": 5, "max_orders_per_minute": 1000, "max_open_orders": 100, "daily_loss": 500,
            "de_minimis": {
                "max_position_notional": 30, "max_total_notional": 200, "max_orders_per_minute": 1000,
                "daily_loss": 100,
            },
        },
        "live": {"instance": name, "journal": folder / "journal", "history_days": 1, "bar_grace": "0s"},
        "simulation": {"below_minimum": "round_up"},
        "strategies": strategies,
    }
    for venue_name, (venue, settings) in venues.items():
        found["venues"][venue_name] = {
            "type": "hyperliquid", "network": "testnet", "url": venue.url, "clock": "venue", "candles": "1m",
            "account": ACCOUNT, "credentials": "env:APUS_TEST_KEY",
            # A start within a minute of an end would wait for what a real venue still counts.
            **({} if venue.is_limited else {"rate_limit": 1_000_000}), **settings,
        }
    for key, value in sections.items():
        found[key] = {**found.get(key, {}), **value}
    return found


def crossing(venue, markets, fast=2, slow=4, timeframe="1m", **risk):
    """A strategy that trades every few bars."""
    return {
        "type": "ema_cross", "venue": venue, "markets": markets, "timeframe": timeframe,
        "parameters": {"fast_period": fast, "slow_period": slow, "warmup_bars": 10},
        "risk_parameters": {
            "max_position_size": 20, "stop_loss_percent": 3, "take_profit_percent": 6, **risk,
        },
    }


passed = 0
failed = 0


def check(what, holds, found=None):
    global passed, failed
    if holds:
        passed += 1
        print(f"  ok      {what}", flush=True)
    else:
        failed += 1
        print(f"  FAILED  {what}: {found if isinstance(found, str) else repr(found)}"[:3000], flush=True)
    return holds


def money_of(venue):
    fills = venue.fills()
    closed = sum((Decimal(fill["closedPnl"]) for fill in fills), Decimal(0))
    fees = sum((Decimal(fill["fee"]) for fill in fills), Decimal(0))
    funding = sum(
        (Decimal(entry["delta"]["usdc"]) for entry in venue.info("userFunding", startTime=0)), Decimal(0))
    return fills, closed, fees, funding


def compare_with_venue(session, venue, what):
    """What a session came to, beside the venue's own figures."""
    summary = session.summary()
    fills, closed, fees, funding = money_of(venue)
    check(f"{what}: there were round trips", any(Decimal(f["closedPnl"]) != 0 for f in fills), len(fills))
    check(f"{what}: as many fills as the venue", summary["fills"] == len(fills), (summary["fills"], len(fills)))
    check(f"{what}: fees are the venue's to the last digit", Decimal(summary["fees"]) == fees, (summary["fees"], fees))
    held = {entry["market"].split("/")[0]: Decimal(entry["quantity"]) for entry in summary["positions"]}
    there = {coin: Decimal(size) for coin, size in venue.positions().items()}
    check(f"{what}: positions are the venue's", held == there, (held, there))
    if not there:
        check(
            f"{what}: profit is closedPnl less fees with funding, to the last digit",
            Decimal(summary["profit"]) == closed - fees + funding, (summary["profit"], closed, fees, funding))
        worth = venue.info("clearinghouseState")["marginSummary"]["accountValue"]
        check(f"{what}: equity is the venue's", Decimal(summary["equity"]) == Decimal(worth), (summary["equity"], worth))


def no_duplicates(venue, what):
    """An order that was changed has a new number at the venue and its old client id; nothing else may have two."""
    numbers = {}
    for entry in venue.info("historicalOrders"):
        if entry["order"].get("cloid"):
            numbers.setdefault(entry["order"]["cloid"], {})[entry["order"]["oid"]] = entry
    doubled = {}
    for client, orders in numbers.items():
        replaced = [orders[number] for number in sorted(orders)[:-1]]
        if any(entry["status"] != "canceled" or entry["order"]["sz"] != entry["order"]["origSz"] for entry in replaced):
            doubled[client] = orders
    check(f"{what}: every client id was placed once", numbers and not doubled, doubled)
    return numbers


def replays(session, what="replay --verify"):
    """Its journal, played back, leads to the same decisions."""
    done = session.apus("replay", session.journal, "--verify")
    check(what, done.returncode == 0 and "Every decision is the same" in done.stdout, done.stdout + done.stderr)


def audits(session, what="audit verify"):
    """Nothing of its journal is missing or was changed."""
    done = session.apus("audit", "verify", session.journal)
    check(what, done.returncode == 0, done.stdout + done.stderr)


def explained(session, *words):
    """Its decisions."""
    done = session.apus("explain", session.journal, "--json", *words)
    return json.loads(done.stdout) if done.returncode == 0 and done.stdout.startswith("[") else []


def market_time(venue):
    """In milliseconds, as the venue has it."""
    return venue.info("l2Book", user=None, coin="BTC")["time"]


def wait(condition, seconds=20.0, pause=0.05):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(pause)
    return condition()


def finish():
    print(f"{passed} passed, {failed} failed")
    sys.exit(0 if failed == 0 and passed > 0 else 1)
