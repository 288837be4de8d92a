# SPDX-License-Identifier: Apache-2.0
"""A session is killed with SIGKILL, a hundred times at random moments, and started again each time.

After each start and at the end its orders, positions, fills and money are the venue's; nothing is sent twice, nothing
is left behind, and the journal holds."""

import random

from harness import *

KILLS = int(os.environ.get("APUS_KILLS", "100"))


def agrees(session, venue):
    """Whether session and venue say the same, at a moment in which the venue did not change."""
    before = venue.positions(), len(venue.info("frontendOpenOrders"))
    status = session.status()
    after = venue.positions(), len(venue.info("frontendOpenOrders"))
    if status is None or status["state"] != "running" or status["pauses"] or before != after:
        return None
    held = {p["market"].split("/")[0]: Decimal(p["quantity"]) for p in status["positions"]}
    there = {coin: Decimal(size) for coin, size in after[0].items()}
    return status if held == there and status["openOrders"] == after[1] else None


def main():
    seed = int(os.environ.get("APUS_SEED", "11"))
    chance = random.Random(seed)
    with Folder() as folder, Venue(
        "--generate", "gap", "--speed", "600", "--wait", "--history", "200", "--seed", str(seed), "--start", "2026-02-01", seconds=400
    ) as venue:
        # An order that never reached the venue is proven not to exist once it would have expired, and not before.
        config = configuration(
            {"hl": (venue, {"order_expiry": "1s"})}, {"cross": crossing("hl", ["BTC", "ETH"], stop_loss_percent=0.3)}, folder,
            live={"history_days": 1})
        began = time.monotonic()
        never, kills = [], 0
        while kills < KILLS:
            session = Session(folder, config, "de-minimis")
            with session:
                checked = chance.random() < 0.5
                if checked and not wait(lambda: agrees(session, venue), 20, 0.02):
                    never.append((kills, session.status(), venue.positions(), len(venue.info("frontendOpenOrders"))))
                time.sleep(chance.random() * 0.6)
                if session.process.poll() is not None:
                    check("it runs until it is killed", False, session.text[-1500:])
                    break
                session.kill()
                kills += 1
        check(f"{KILLS} kills in {time.monotonic() - began:.0f} s", kills == KILLS, kills)
        check("after each restart positions and orders are the venue's", not never, never[:3])

        # Everything is left as it is, so that it can be compared at rest.
        session = Session(folder, config, "de-minimis")
        with session:
            check("it goes on", wait(lambda: agrees(session, venue), 15, 0.02), session.status())
            session.control("stop")
            check("it stops", session.wait(40) == 0, session.text[-1500:])
        compare_with_venue(session, venue, "at rest")
        orders = venue.info("frontendOpenOrders")
        check("open orders are the venue's", session.summary()["open_orders"] == len(orders), orders)
        audits(session)
        replays(session)

        with session:
            wait(lambda: agrees(session, venue), 15, 0.02)
            done = session.control("kill", "--flatten", "--yes")
            check("closed", wait(lambda: not venue.positions() and not venue.info("frontendOpenOrders"), 15),
                  (venue.positions(), venue.info("frontendOpenOrders"), done.stderr))
            session.control("stop")
            check("it stops", session.wait(40) == 0, session.text[-1500:])
        compare_with_venue(session, venue, "closed")
        numbers = no_duplicates(venue, "closed")
        check("no order of nobody's", not venue.info("frontendOpenOrders") and len(numbers) > KILLS / 2, len(numbers))
        print(f"  {len(numbers)} orders, {len(venue.fills())} fills, seed {seed}")
        end = venue.end()
        check("no order reached the venue twice", end.get("ordersReceivedTwice") == 0 and end["ordersReceived"] > 20, end)
    finish()


main()
