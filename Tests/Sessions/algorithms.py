# SPDX-License-Identifier: Apache-2.0
"""Sessions in which one order algorithm of each kind is at work are killed with SIGKILL in the middle and started again.

Each goes on where it was: nothing is sent twice, what it trades adds up to exactly what was asked for, and the venues'
books agree. One of them has its legs at two venues. What runs, and who carries it out, is in the status."""

import random

import harness
from harness import *

# The strategies that start one algorithm each are in a program of their own.
harness.APUS = os.path.join(os.path.dirname(APUS), "apus-testing")

KILLS = int(os.environ.get("APUS_KILLS", "12"))
TOOLS = {"twap": "BTC", "dca": "ETH", "iceberg": "SOL", "condition": "LTC", "trailing": "BNB", "linked": "HYPE"}
KINDS = {"twap": "twap", "dca": "dca", "iceberg": "iceberg", "condition": "order", "trailing": "trailing_stop",
         "linked": "bracket"}
PARTS = {"condition": 4}


def strategies():
    found = {}
    for tool, coin in TOOLS.items():
        found[tool] = {
            "type": "toolbox", "venue": "one", "markets": [coin], "timeframe": "1m",
            "parameters": {"tool": tool, "notional": 240, "parts": PARTS.get(tool, 10)},
            "risk_parameters": {"max_position_size": 20},
        }
    # The market of the other leg is there because somebody trades it.
    found["other"] = dict(found["linked"], venue="two", parameters={"tool": "none"})
    return found


def by_kind(status):
    return {found["kind"]: found for found in (status or {}).get("algorithms", [])}


def settled(session):
    """Its status once it trades."""
    status = session.status()
    return status if status and status["state"] == "running" and not status["pauses"] else None


def traded(venue, user, coin):
    """What was bought less what was sold, and what was bought."""
    fills = [fill for fill in reversed(venue.info("userFills", user)) if fill["coin"] == coin]
    bought = sum((Decimal(fill["sz"]) for fill in fills if fill["side"] == "B"), Decimal(0))
    sold = sum((Decimal(fill["sz"]) for fill in fills if fill["side"] == "A"), Decimal(0))
    return bought, sold


def main(mode):
    seed = int(os.environ.get("APUS_SEED", "5"))
    chance = random.Random(seed)
    made = ["--generate", "range", "--speed", "120", "--history", "60", "--start", "2026-03-01", "--seed", str(seed)]
    with Folder() as folder, Venue(*made, "--symbols", "BTC,ETH,SOL,LTC,BNB,HYPE", account=f"{ACCOUNT}=5000", seconds=200) as one, Venue(
        *made, "--symbols", "HYPE", account=f"{OTHER_ACCOUNT}=5000", seconds=200
    ) as two:
        config = configuration(
            {"one": (one, {"order_expiry": "1s"}),
             "two": (two, {"account": OTHER_ACCOUNT, "credentials": "env:APUS_OTHER_KEY", "order_expiry": "1s"})},
            strategies(), folder, live={"stale_after": "10m"}, account={"balances": {"USDC": 5000}})
        session = Session(folder, config, mode, *(["--confirm-live", "--unpromoted"] if mode == "live" else []),
                          name=f"toolbox-{mode}", environment={"APUS_OTHER_KEY": OTHER_KEY})
        totals, halves, executions = {}, set(), {}
        kills, told = 0, ""
        while kills < KILLS:
            with session:
                status = wait(lambda: settled(session), 30, 0.05)
                if status is None:
                    check(f"{mode}: it runs again after kill {kills}", False, session.text[-1500:])
                    break
                end = time.monotonic() + 0.5 + 2 * chance.random()
                while time.monotonic() < end:
                    for kind, found in by_kind(session.status()).items():
                        totals.setdefault(kind, found["total"])
                        executions[kind] = found["execution"]
                        if 0 < Decimal(found["filled"]) < Decimal(found["total"]) or found["state"] == "waiting":
                            halves.add(kind)
                    time.sleep(0.05)
                if kills == 1:
                    told = session.control("status").stdout
                if session.process.poll() is not None:
                    check(f"{mode}: it runs until it is killed", False, session.text[-1500:])
                    break
                session.kill()
                kills += 1
        check(f"{mode}: {KILLS} kills", kills == KILLS, kills)
        check(f"{mode}: each kind was at work", set(totals) == set(KINDS.values()), totals)
        check(f"{mode}: slices were in the middle when it was killed",
              {"twap", "dca", "iceberg", "order"} <= halves, halves)
        check(f"{mode}: the status says who carries them out",
              {kind: found["kind"] for kind, found in executions.items()} == {
                  kind: "emulated" for kind in KINDS.values()}
              and executions["twap"]["by"] == "engine" and "TWAP" in executions["twap"]["note"]
              if mode == "live" else executions["twap"]["kind"] == "emulated", executions)
        check(f"{mode}: people read it", "twap of twap" in told and "emulated by the engine" in told, told)

        with session:
            done = wait(lambda: (lambda found: found if found and not (
                {"twap", "dca", "iceberg", "order"} & set(by_kind(found))) else None)(settled(session)), 80, 0.2)
            check(f"{mode}: those that come to an end do", done, session.status())
            status = session.status()
            compare(mode, session, status, totals, one, two)
            session.control("stop")
            check(f"{mode}: it stops", session.wait(40) == 0, session.text[-1500:])
        replayed = session.apus("replay", session.journal, "--verify")
        check(f"{mode}: replay --verify", replayed.returncode == 0 and "Every decision is the same" in replayed.stdout,
              replayed.stdout + replayed.stderr)
        story = session.apus("replay", session.journal, "--explain", "1")
        check(f"{mode}: an order's story says who carries it out", "execution" in story.stdout, story.stdout)
        explained = session.apus("explain", session.journal, "--kind", "algorithm")
        check(f"{mode}: explain says what each did, and who carries it out",
              all(f"{kind} " in explained.stdout for kind in KINDS.values())
              and "emulated by the engine: slices" in explained.stdout, explained.stdout[-1500:] + explained.stderr)
        if mode == "live":
            ends = [one.end(), two.end()]
            check("live: no order reached a venue twice", all(end.get("ordersReceivedTwice") == 0 for end in ends), ends)


def compare(mode, session, status, totals, one, two):
    if mode == "paper":
        held = {(p["venue"], p["market"].split("/")[0]): Decimal(p["quantity"]) for p in status["positions"]}
        for tool in ("twap", "dca", "iceberg"):
            check(f"paper: {tool} traded exactly what was asked for",
                  held.get(("one", TOOLS[tool])) == Decimal(totals[tool]), (held, totals))
        return
    for tool in ("twap", "dca", "iceberg"):
        bought, sold = traded(one, ACCOUNT, TOOLS[tool])
        check(f"live: {tool} bought exactly what was asked for", bought == Decimal(totals[tool]) and not sold,
              (bought, sold, totals[tool]))
    bought, sold = traded(one, ACCOUNT, TOOLS["condition"])
    check("live: the condition let exactly as many orders through as it may",
          bought == PARTS["condition"] * Decimal(totals["order"]) and not sold, (bought, sold, totals["order"]))
    # A trailing stop and linked legs go on until they fill: never more than what they protect, and never less.
    bought, sold = traded(one, ACCOUNT, TOOLS["trailing"])
    orders = one.info("frontendOpenOrders")
    stops = [order for order in orders if order["coin"] == TOOLS["trailing"]]
    check("live: one trailing stop protects the whole position",
          bought > 0 and (bought == sold and not stops
                          or len(stops) == 1 and Decimal(stops[0]["sz"]) == bought - sold), (bought, sold, stops))
    bought, sold = traded(one, ACCOUNT, TOOLS["linked"])
    there = traded(two, OTHER_ACCOUNT, TOOLS["linked"])[1]
    legs = [order for order in orders + two.info("frontendOpenOrders", OTHER_ACCOUNT)
            if order["coin"] == TOOLS["linked"]]
    check("live: the legs at two venues are one of each, or one of them filled",
          bought > 0 and (len(legs) == 2 and not sold and not there
                          or not legs and sold + there >= bought), (bought, sold, there, legs))
    check("live: positions are the venues'",
          {(p["venue"], p["market"].split("/")[0]): Decimal(p["quantity"]) for p in status["positions"]}
          == {("one", coin): Decimal(size) for coin, size in one.positions().items()}
          | {("two", p["position"]["coin"]): Decimal(p["position"]["szi"])
             for p in two.info("clearinghouseState", OTHER_ACCOUNT)["assetPositions"]}, status["positions"])
    no_duplicates(one, "live")


for mode in sys.argv[2:] or ("live", "paper"):
    main(mode)
finish()
