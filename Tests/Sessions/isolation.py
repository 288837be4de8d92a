# SPDX-License-Identifier: Apache-2.0
"""A strategy that ends the program, while it trades, while its journal is played back and in its work on another
thread, and one whose work never ends: the session goes on without it, its position stays protected, and what happened
is played back the same."""

import harness
from harness import *

harness.APUS = os.path.abspath(os.path.join(PROGRAMS, "apus-testing"))
NAMES = ("TRAP", "TRAP_IN_WORK", "STALL")


class Faults:
    """The files that say when the strategy fails."""

    def __init__(self, folder):
        self.paths = {name: folder / f"fault-{name.lower()}" for name in NAMES}
        self.environment = {f"APUS_TEST_{name}": path for name, path in self.paths.items()}
        self.environment["SWIFT_BACKTRACE"] = "enable=no"

    def begin(self, name, first, last=1 << 60):
        """From and up to these market times, in milliseconds."""
        with open(self.paths[name] + ".new", "w") as file:
            file.write(f"{first} {last}")
        os.rename(self.paths[name] + ".new", self.paths[name])

    def end(self, name):
        os.unlink(self.paths[name])


def faulty(**parameters):
    return {
        "type": "faulty", "venue": "hl", "markets": ["BTC"], "timeframe": "1m", "parameters": parameters,
        "risk_parameters": {"max_position_size": 20, "stop_loss_percent": 20, "take_profit_percent": 40},
    }


def venue():
    return Venue(
        "--generate", "trend", "--speed", "300", "--wait", "--history", "200", "--seed", "5", "--start", "2026-03-01",
        "--symbols", "BTC,ETH")


def stops(venue):
    return [order for order in venue.info("frontendOpenOrders") if order["coin"] == "BTC" and order.get("isTrigger")]


def bought(session, venue):
    """Waits for the position and its stop; the time of the fill in milliseconds."""
    held = wait(lambda: "BTC" in venue.positions() and stops(venue), 30)
    check("it has a position with its stop", held, session.text[-800:])
    return next(fill["time"] for fill in venue.fills() if fill["coin"] == "BTC")


def fills_of(venue, coin):
    return len([fill for fill in venue.fills() if fill["coin"] == coin])


def died(session, name, what):
    status = session.wait(30)
    check(f"{what}: the program ends", status is not None and status < 0, status)
    check(f"{what}: it says which strategy it was", f"the strategy '{name}' stopped the program" in session.text,
          session.text[-1500:])


def comes_up_without(session, name, what):
    check(f"{what}: it comes up", wait(lambda: (session.status() or {}).get("state") == "running", 30),
          session.text[-1500:])
    text = session.text
    check(f"{what}: without the strategy, and says so",
          f"the strategy '{name}' stopped the program the last time, so it is off now" in text, text[-1500:])
    return text


def close(session, venue):
    session.control("kill", "--flatten", "--yes")
    check("closed", wait(lambda: not venue.positions() and not venue.info("frontendOpenOrders"), 20), venue.positions())
    session.control("stop")
    check("it stops", session.wait(40) == 0, session.text[-1500:])


def while_trading():
    print("While it trades")
    with Folder() as folder, venue() as market:
        faults = Faults(folder)
        config = configuration(
            {"hl": (market, {})}, {"culprit": faulty(), "honest": crossing("hl", ["ETH"])}, folder)
        session = Session(folder, config, "de-minimis", environment=faults.environment)
        with session:
            time_of_fill = bought(session, market)
            faults.begin("TRAP", time_of_fill + 900_000)
            died(session, "culprit", "while trading")
        check("its stop is still there", "BTC" in market.positions() and stops(market), market.positions())
        trades = fills_of(market, "ETH")

        # The fault is still there: what is off is not called.
        again = Session(folder, config, "de-minimis", environment=faults.environment, log="again.log")
        with again:
            text = comes_up_without(again, "culprit", "after a trap")
            check("it says what protects the position", "'culprit' holds " in text and "protected by a stop" in text, text)
            check("the others trade on", wait(lambda: fills_of(market, "ETH") > trades, 30), again.text[-800:])
            check("the position is as it was, with its stop", "BTC" in market.positions() and stops(market))
            faults.end("TRAP")
            done = again.control("enable", "--feature", "culprit")
            check("it is switched on again", done.returncode == 0, done.stdout + done.stderr)
            close(again, market)
        replays(again, "after a trap: replay --verify")
        switched = [one["reason"] for one in explained(again, "--strategy", "culprit", "--kind", "feature")]
        check("both are among the decisions", switched == ["the strategy is off", "the strategy is on again"], switched)


def while_played_back():
    print("While its journal is played back")
    with Folder() as folder, venue() as market:
        faults = Faults(folder)
        config = configuration(
            {"hl": (market, {})}, {"culprit": faulty(), "honest": crossing("hl", ["ETH"])}, folder)

        def session(log):
            return Session(folder, config, "de-minimis", environment=faults.environment, log=log)

        with session("first.log") as first:
            time_of_fill = bought(first, market)
            wait(lambda: market_time(market) >= time_of_fill + 900_000, 20)
            first.kill()

        # It has decided nothing since its entry, so it can be left out from there on.
        faults.begin("TRAP", time_of_fill + 300_000)
        with session("second.log") as second:
            died(second, "culprit", "while played back")
        with session("third.log") as third:
            text = comes_up_without(third, "culprit", "after a trap in recovery")
            check("it says what protects the position", "protected by a stop" in text, text)
            third.kill()
        replays(third, "from that record on it is off, in every replay: replay --verify")
        with session("fourth.log") as fourth:
            check("the next start needs no note", wait(lambda: (fourth.status() or {}).get("state") == "running", 30),
                  fourth.text[-1500:])
            check("and says that the strategy is still off", "'culprit' is off, as it was before" in fourth.text
                  and "protected by a stop" in fourth.text, fourth.text)
            fourth.kill()

        # What it decided cannot be left out: the start says so, and a mended strategy goes on.
        faults.end("TRAP")
        faults.begin("TRAP", time_of_fill - 300_000)
        with session("fifth.log") as fifth:
            died(fifth, "culprit", "before its own entry")
        with session("sixth.log") as sixth:
            check("a start that would contradict the journal is refused", sixth.wait(30) == 1, sixth.text[-1500:])
            check("in words", "cannot be left out from there on" in sixth.text, sixth.text[-1500:])
        faults.end("TRAP")
        with session("seventh.log") as seventh:
            check("once it is mended it goes on", wait(lambda: (seventh.status() or {}).get("state") == "running", 30),
                  seventh.text[-1500:])
            close(seventh, market)
        replays(seventh, "at the end: replay --verify")


def beside_the_engine():
    print("In work on another thread")
    with Folder() as folder, venue() as market:
        faults = Faults(folder)
        config = configuration(
            {"hl": (market, {})},
            {"culprit": faulty(works=True), "honest": crossing("hl", ["ETH"])}, folder)
        session = Session(folder, config, "de-minimis", environment=faults.environment)

        def said(text):
            return [entry for entry in session.entries() if text in json.dumps(entry)]

        with session:
            bought(session, market)
            began_stalling = market_time(market) + 120_000
            faults.begin("STALL", began_stalling)
            check("work that does not end is given up", wait(lambda: said("did not end within"), 30), session.text[-800:])
            check("and at last no more of it is begun", wait(lambda: said("nothing more is computed for it"), 60))
            all_stalled = market_time(market)
            trades = fills_of(market, "ETH")
            check("the others trade on", wait(lambda: fills_of(market, "ETH") > trades, 30), session.text[-800:])
            check("nothing is paused", session.status()["pauses"] == [] and session.status()["state"] == "running",
                  session.status())
            findings = session.control("findings").stdout
            check("it is among the findings", "never ended" in findings, findings)
            faults.end("STALL")
            check("what ends after all is said", wait(lambda: len(said("has ended after all")) == 4, 20))
            time.sleep(3)
            # It would stall again if it were run again.
            faults.begin("STALL", began_stalling, all_stalled)
            began = time.monotonic()
            replays(session, "with work that would not end: replay --verify")
            check("the replay waits for nothing", time.monotonic() - began < 20, time.monotonic() - began)
            outcomes = [one["reason"] for one in explained(session, "--feature", "work")]
            check("stalled and finished are among the decisions",
                  outcomes.count("it stalled") >= 4 and outcomes[-1].startswith("it is "), outcomes[-20:])
            faults.begin("TRAP_IN_WORK", market_time(market))
            died(session, "culprit", "in work")
        again = Session(folder, config, "de-minimis", environment=faults.environment, log="again.log")
        with again:
            text = comes_up_without(again, "culprit", "after a trap in work")
            check("it says what protects the position", "protected by a stop" in text, text)
            check("the work is not begun again", again.wait(3) is None, again.text[-800:])
            close(again, market)
        replays(again, "after a trap in work: replay --verify")


while_trading()
while_played_back()
beside_the_engine()
finish()
