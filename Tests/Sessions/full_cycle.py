# SPDX-License-Identifier: Apache-2.0
"""The full cycle in de-minimis mode: enters, places native targets and stops, monitors, closes; and what it is told
while it runs. Profit and fees are the venue's own, to the last digit."""

import re

from harness import *

STRATEGY = {
    "name": "MACD ETH-USD 1m", "type": "MACD", "exchange": "hyperliquid", "market": "ETH-USD", "timeframe": "1m",
    "parameters": {"fast_period": 8, "slow_period": 21, "signal_period": 5},
    "risk_parameters": {
        "max_position_size": 1.00, "leverage": 10, "stop_loss_percent": -5.0, "take_profit_percent": 10.0,
    },
    "enabled": True,
}


def venue_orders(venue):
    return venue.info("frontendOpenOrders")


def protected(venue):
    """A position with both a stop and a target working at the venue itself."""
    orders = venue_orders(venue)
    kinds = {order["orderType"] for order in orders if order["isTrigger"] and order["reduceOnly"]}
    return orders if len(kinds) >= 2 and venue.positions() else None


def main():
    with Folder() as folder, Venue(
        "--generate", "range", "--speed", "900", "--wait", "--history", "1500", "--seed", "7"
    ) as venue:
        config = configuration({"hyperliquid": (venue, {})}, {"macd_eth_usd": STRATEGY}, folder)
        config["limits"]["de_minimis"] = {
            "max_position_notional": 12, "max_total_notional": 24, "max_orders_per_minute": 1000, "daily_loss": 5}
        with Session(folder, config, "de-minimis") as session:
            first = wait(lambda: protected(venue), 40)
            check("a position with a native stop and target", first, venue_orders(venue))
            if first:
                size = Decimal(next(iter(venue.positions().values()))).copy_abs()
                worth = size * Decimal(venue.fills()[-1]["px"])
                check("its size is the venue's minimum, under the cap", 10 <= worth <= 12, worth)
                entry = Decimal(venue.fills()[-1]["px"])
                levels = sorted(Decimal(order["triggerPx"]) / entry for order in first if order["isTrigger"])
                check("stop and target stand where they should",
                      all(min(abs(l - e) for e in map(Decimal, ("0.90", "0.95", "1.05", "1.10"))) < Decimal("0.001")
                          for l in levels), levels)
                check("both cover the whole position",
                      all(Decimal(o["sz"]) == size for o in first if o["isTrigger"]), first)
            status = session.status()
            check("control status", status and status["state"] == "running" and status["mode"] == "de-minimis", status)
            fills = len(venue.fills())
            check("it goes on and closes", wait(lambda: len(venue.fills()) >= fills + 4, 40), len(venue.fills()))

            done = session.control("pause")
            check("control pause", done.returncode == 0 and "Nothing new" in done.stdout, done.stdout + done.stderr)
            status = session.status()
            check("the pause is shown", status and status["pauses"], status)
            time.sleep(0.3)
            opened = [f for f in venue.fills() if f["dir"].startswith("Open")]
            time.sleep(2.5)
            more = [f for f in venue.fills() if f["dir"].startswith("Open")]
            check("nothing is opened while it is paused", len(more) == len(opened), (len(opened), len(more)))
            done = session.control("resume")
            check("control resume", done.returncode == 0, done.stdout + done.stderr)
            check("it opens again", wait(
                lambda: len([f for f in venue.fills() if f["dir"].startswith("Open")]) > len(more), 40))

            done = session.control("kill", "--flatten", "--yes")
            check("control kill --flatten", done.returncode == 0, done.stdout + done.stderr)
            check("all is closed and taken back", wait(
                lambda: not venue.positions() and not venue_orders(venue), 15), (venue.positions(), venue_orders(venue)))
            status = session.status()
            check("it is halted", status and status["state"] == "halted", status)
            done = session.control("resume")
            check("resumed after a halt", done.returncode == 0, done.stdout + done.stderr)
            fills = len(venue.fills())
            check("and trades again", wait(lambda: len(venue.fills()) > fills, 40))

            done = session.control("drain")
            check("control drain", done.returncode == 0, done.stdout + done.stderr)
            check("it ends by itself once it is flat", session.wait(60) == 0, session.text[-800:])
            check("flat, without orders", not venue.positions() and not venue_orders(venue),
                  (venue.positions(), venue_orders(venue)))
        compare_with_venue(session, venue, "drained")
        no_duplicates(venue, "drained")

        # Again from the journal, and an orderly stop.
        again = Session(folder, config, "de-minimis", log="again.log")
        with again:
            fills = len(venue.fills())
            check("started again, it trades on", wait(lambda: len(venue.fills()) > fills + 2, 40), again.text[-800:])
            done = again.control("stop")
            check("control stop", done.returncode == 0, done.stdout + done.stderr)
            check("it stops", again.wait(40) == 0, again.text[-800:])
        compare_with_venue(again, venue, "stopped")
        no_duplicates(venue, "stopped")
        check("no socket is left", again.control("status").returncode == 1)
        done = again.apus("audit", "list", again.journal, "--kind", "request", "--json")
        asked = [one["text"] for one in json.loads(done.stdout or "[]") if "asked for" in one["text"]]
        check("who asked for what is in the journal",
              [text.split(",")[0] for text in asked] == ["pause", "resume", "kill --flatten", "resume", "drain", "stop"]
              and all(re.search(f" over the control socket by process [1-9][0-9]* of user {os.getuid()}$", text)
                      for text in asked), asked)

        replays(again)
        done = again.apus("replay", again.journal, "--explain", "1")
        story = done.stdout
        check("replay --explain", done.returncode == 0 and all(
            word in story for word in ("signal", "risk", "request", "answer", "fill")), story + done.stderr)
        done = again.apus("compare", again.journal, "--json")
        compared = json.loads(done.stdout) if done.returncode == 0 else {}
        check("compare: the session's figures", compared.get("session", {}).get("fills") == len(venue.fills()),
              done.stdout[:600] + done.stderr)
        done = again.apus("compare", again.journal)
        check("compare explains", done.returncode == 0 and "Profit differs by" in done.stdout, done.stdout + done.stderr)
        audits(again)
    finish()


main()
