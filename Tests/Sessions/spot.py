# SPDX-License-Identifier: Apache-2.0
"""Spot trading with real orders: entries and exits, fees in what is bought, what is too little to be sold, stops that are
watched here, restarts by SIGKILL, and the kill switch."""

import random

from harness import *

MARKET = "PURR/USDC"
LIVE = ("live", "--confirm-live", "--unpromoted")


def spot_venue(folder, *options, usdc="1000", seed="7", kind="range", seconds=150):
    accounts = folder / f"accounts-{seed}.json"
    with open(accounts, "w") as file:
        json.dump({"accounts": [{"address": ACCOUNT, "balance": "1000", "spot": {"USDC": usdc}}]}, file)
    return Venue(
        "--generate", kind, "--speed", "600", "--wait", "--history", "200", "--seed", seed, "--start", "2026-03-01",
        "--symbols", "PURR=0.2,BTC=60000", "--spot", "PURR", "--accounts", accounts, *options, account=None,
        seconds=seconds)


def strategy(size, stop=None, target=None):
    made = crossing("hl", [MARKET], max_position_size=size)
    for name, value in (("stop_loss_percent", stop), ("take_profit_percent", target)):
        if value is None:
            made["risk_parameters"].pop(name)
        else:
            made["risk_parameters"][name] = value
    return made


def setup(folder, venue, size, **protection):
    # Comparisons with the venue come often, so that no difference stays unseen.
    return configuration(
        {"hl": (venue, {"order_expiry": "1s", "reconcile_every": "5s"})}, {"cross": strategy(size, **protection)},
        folder)


def balances(venue):
    state = venue.info("spotClearinghouseState")["balances"]
    return {balance["coin"]: Decimal(balance["total"]) for balance in state}


def held(status):
    return sum((Decimal(entry["quantity"]) for entry in status["positions"]), Decimal(0))


def exact(fills):
    """What the account must hold by its fills, to the last digit."""
    coins = dollars = Decimal(0)
    for fill in fills:
        size, value, fee = Decimal(fill["sz"]), Decimal(fill["sz"]) * Decimal(fill["px"]), Decimal(fill["fee"])
        if fill["side"] == "B":
            coins += size - fee
            dollars -= value
        else:
            coins -= size
            dollars += value - fee
    return coins, dollars


def findings(session, words):
    return [text for text in (entry["fields"].get("text", "") for entry in session.entries()) if words in text]


def refused(venue):
    return [entry["status"] for entry in venue.info("historicalOrders") if "ejected" in entry["status"]]


def compare(session, venue, what, usdc=1000):
    """At rest: what the session says beside what the venue holds."""
    summary, fills, there = session.summary(), venue.fills(), balances(venue)
    coins, dollars = exact(fills)
    check(f"{what}: as many fills as the venue", summary["fills"] == len(fills), (summary["fills"], len(fills)))
    check(f"{what}: the venue holds what the fills say", there.get("PURR", 0) == coins and there["USDC"] == usdc + dollars,
          (there, coins, dollars))
    position = held(summary)
    check(f"{what}: positions are what can be sold again", Decimal(0) <= coins - position < 1, (coins, position))
    check(f"{what}: no difference was found",
          not [t for t in findings(session, "the venue holds") if "opening" not in t], findings(session, "the venue holds"))
    check(f"{what}: nothing was refused", not refused(venue), refused(venue))
    audits(session, f"{what}: audit verify")
    replays(session, f"{what}: replay --verify")


def round_trips(folder):
    for words in (LIVE, ("de-minimis",)):
        mode = words[0]
        with spot_venue(folder) as venue:
            session = Session(folder, setup(folder, venue, 200), *words, name=f"trips-{mode}")
            with session:
                check(f"{mode}: it enters and leaves", wait(
                    lambda: sum(1 for f in venue.fills() if f["side"] == "A") >= 3, 25), len(venue.fills()))
                session.control("stop")
                check(f"{mode}: it stops", session.wait(40) == 0, session.text[-1500:])
            fills = venue.fills()
            check(f"{mode}: purchases pay in what they buy",
                  all((f["feeToken"] == "PURR") == (f["side"] == "B") for f in fills), fills[:2])
            check(f"{mode}: an exit is for what was left after the fee", any(
                f["side"] == "A" and Decimal(f["sz"]) < Decimal(fills[i - 1]["sz"])
                for i, f in enumerate(fills) if i), [(f["side"], f["sz"]) for f in fills[:6]])
            compare(session, venue, mode)


def protection(folder):
    with spot_venue(folder, seed="11", kind="gap") as venue:
        session = Session(folder, setup(folder, venue, 200, stop=0.2, target=0.4), *LIVE, name="stops")
        with session:
            wait(lambda: len(venue.fills()) >= 1, 20)
            told = wait(lambda: findings(session, "they are watched here"), 10)
            check("stops: it is said that they are watched here", told, session.text[-800:])
            check("stops: it trades", wait(lambda: len(venue.fills()) >= 12, 30), len(venue.fills()))
            session.control("stop")
            check("stops: it stops", session.wait(40) == 0, session.text[-1500:])
        check("stops: and that once", len(set(told)) == len(findings(session, "they are watched here")) == 1,
              findings(session, "they are watched here"))
        check("stops: the venue got no trigger", not [
            o for o in venue.info("historicalOrders") if o["order"].get("isTrigger")])
        compare(session, venue, "stops")


def too_little(folder):
    with spot_venue(folder, seed="7") as venue:
        # Ten dollars' worth, less the fee, is less than the venue trades.
        session = Session(folder, setup(folder, venue, 10), *LIVE, name="dust")
        with session:
            check("rest: entries go on", wait(
                lambda: sum(1 for f in venue.fills() if f["side"] == "B") >= 4, 40), len(venue.fills()))
            status = session.status()
            check("rest: nothing is paused", status and not status["pauses"], status)
            session.control("stop")
            check("rest: it stops", session.wait(40) == 0, session.text[-1500:])
        buys = sum(1 for f in venue.fills() if f["side"] == "B")
        told = findings(session, "stays in the balance")
        check("rest: told once for each position", 0 < len(told) <= buys, (len(told), buys))
        check("rest: asked once for each position", len(refused(venue)) == len(told), (refused(venue), len(told)))
        coins, dollars = exact(venue.fills())
        check("rest: the venue holds what the fills say", balances(venue)["PURR"] == coins, (balances(venue), coins))
        check("rest: no difference was found",
              not [t for t in findings(session, "the venue holds") if "opening" not in t])


def killed(folder):
    chance = random.Random(3)
    with spot_venue(folder, seed="9", kind="gap", seconds=240) as venue:
        config = setup(folder, venue, 200, stop=0.3, target=1)
        kills, never = 0, []

        def agrees(session):
            before = venue.fills()
            status = session.status()
            if status is None or status["state"] != "running" or status["pauses"] or before != venue.fills():
                return None
            coins, _ = exact(before)
            return status if Decimal(0) <= coins - held(status) < 1 else None

        while kills < 12:
            session = Session(folder, config, *LIVE, name="killed")
            with session:
                if not wait(lambda: agrees(session), 20, 0.02):
                    never.append((kills, session.status(), balances(venue)))
                time.sleep(chance.random())
                session.kill()
                kills += 1
        check(f"after each of {kills} kills positions are what the venue holds", not never, never[:3])
        session = Session(folder, config, *LIVE, name="killed")
        with session:
            check("killed: it goes on", wait(lambda: agrees(session), 20, 0.02), session.status())
            session.control("stop")
            check("killed: it stops", session.wait(40) == 0, session.text[-1500:])
        check("killed: it traded", len(venue.fills()) > 6, len(venue.fills()))
        compare(session, venue, "killed")
        no_duplicates(venue, "killed")


def flattened(folder):
    for size, what in ((200, "flatten"), (10, "flatten of too little")):
        with spot_venue(folder, seed="21") as venue:
            session = Session(folder, setup(folder, venue, size), *LIVE, name=f"flat-{size}")
            with session:
                wait(lambda: (session.status() or {}).get("positions"), 30)
                check(f"{what}: something is held", held(session.status()) > 0, session.status())
                done = session.control("kill", "--flatten", "--yes")
                check(f"{what}: nothing is held any more", wait(
                    lambda: (s := session.status()) and s["state"] != "running" and not s["positions"], 20),
                    (session.status(), done.stderr))
                orders = len(venue.info("historicalOrders"))
                time.sleep(2)
                check(f"{what}: and nothing more is sent", len(venue.info("historicalOrders")) == orders,
                      (orders, len(venue.info("historicalOrders"))))
                left = balances(venue).get("PURR", Decimal(0))
                check(f"{what}: less than a lot is left, or less than can be sold", left < (1 if size > 10 else 60), left)
                session.control("stop")
                check(f"{what}: it stops", session.wait(40) == 0, session.text[-1500:])


def main():
    with Folder() as folder:
        round_trips(folder)
        protection(folder)
        too_little(folder)
        killed(folder)
        flattened(folder)
    finish()


main()
