# SPDX-License-Identifier: Apache-2.0
"""Sessions in which one order algorithm of each kind is at work are killed with SIGKILL in the middle and started again.

Each goes on where it was: nothing is sent twice, what it trades adds up to exactly what was asked for, and the venues'
books agree. One of them has its legs at two venues. Beside them are orders that the configuration lists. What runs, and
who carries it out, is in the status."""

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
DESK = "AVAX"
LISTED = ("build (twap)", "way_out (oco)", "again (order)")


def listed(venue):
    """Orders in the configuration's own words, around the price of their market: the strategy, and the sizes."""
    price = Decimal(venue.info("allMids", user=None)[DESK])
    sizes = {"build": round(240 / price, 1), "way_out": round(60 / price, 1), "again": round(20 / price, 1)}

    def near(factor):
        return f"{price * Decimal(factor):.4g}"

    return {
        "type": "orders", "venue": "one", "market": DESK, "timeframe": "1m",
        "orders": {
            "build": {"side": "buy", "quantity": str(sizes["build"]),
                      "execution": {"entry": "twap", "over": "20m", "slices": 10}},
            # Once there is a position to reduce.
            "way_out": {"side": "sell", "quantity": str(sizes["way_out"]), "reduce_only": True,
                        "starts_at": "2026-03-01T00:15:00Z",
                        "oco": [{"type": "limit", "limit": near("1.01")}, {"type": "stop", "trigger": near("0.99")}]},
            "again": {"side": "buy", "quantity": str(sizes["again"]), "times": 3,
                      "when": "close > sma(5) and not close(BTC) < 1"},
        },
    }, sizes


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
    with Folder() as folder, Venue(*made, "--symbols", f"BTC,ETH,SOL,LTC,BNB,HYPE,{DESK}", account=f"{ACCOUNT}=5000", seconds=200) as one, Venue(
        *made, "--symbols", "HYPE", account=f"{OTHER_ACCOUNT}=5000", seconds=200
    ) as two:
        desk, sizes = listed(one)
        config = configuration(
            {"one": (one, {"order_expiry": "1s"}),
             "two": (two, {"account": OTHER_ACCOUNT, "credentials": "env:APUS_OTHER_KEY", "order_expiry": "1s"})},
            dict(strategies(), desk=desk), folder, live={"stale_after": "10m"}, account={"balances": {"USDC": 5000}})
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
        check(f"{mode}: each kind was at work", set(totals) == set(KINDS.values()) | set(LISTED), totals)
        check(f"{mode}: slices were in the middle when it was killed",
              {"twap", "dca", "iceberg", "order"} <= halves, halves)
        check(f"{mode}: the status says who carries them out",
              {kind: found["kind"] for kind, found in executions.items()} == {
                  kind: "emulated" for kind in list(KINDS.values()) + list(LISTED)}
              and executions["twap"]["by"] == "engine" and "TWAP" in executions["twap"]["note"]
              if mode == "live" else executions["twap"]["kind"] == "emulated", executions)
        check(f"{mode}: people read it", "twap of twap" in told and "emulated by the engine" in told, told)

        with session:
            done = wait(lambda: (lambda found: found if found and not (
                {"twap", "dca", "iceberg", "order", LISTED[0], LISTED[2]} & set(by_kind(found))) else None)(settled(session)), 80, 0.2)
            check(f"{mode}: those that come to an end do", done, session.status())
            status = session.status()
            compare(mode, session, status, totals, one, two)
            compare_listed(mode, status, sizes, one)
            session.control("stop")
            check(f"{mode}: it stops", session.wait(40) == 0, session.text[-1500:])
        replays(session, f"{mode}: replay --verify")
        story = session.apus("replay", session.journal, "--explain", "1")
        check(f"{mode}: an order's story says who carries it out", "execution" in story.stdout, story.stdout)
        decided = session.apus("explain", session.journal, "--kind", "algorithm")
        check(f"{mode}: explain says what each did, and who carries it out",
              all(f"{kind} " in decided.stdout for kind in list(KINDS.values()) + list(LISTED))
              and "emulated by the engine: slices" in decided.stdout, decided.stdout[-1500:] + decided.stderr)
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


def compare_listed(mode, status, sizes, one):
    wanted, group = sizes["build"] + 3 * sizes["again"], sizes["way_out"]
    held = {(p["venue"], p["market"].split("/")[0]): Decimal(p["quantity"]) for p in status["positions"]}[("one", DESK)]
    if mode == "paper":
        check("paper: listed orders traded exactly what was asked for", held in (wanted, wanted - group), (held, sizes))
        return
    bought, sold = traded(one, ACCOUNT, DESK)
    legs = [Decimal(order["sz"]) for order in one.info("frontendOpenOrders") if order["coin"] == DESK]
    check("live: listed orders bought exactly what was asked for", bought == wanted, (bought, sizes))
    check("live: the group's legs are both there for what is left of it, or it filled",
          sold < group and legs == [group - sold] * 2 or sold == group and not legs, (sold, legs, group))


for mode in sys.argv[2:] or ("live", "paper"):
    main(mode)
finish()
