# SPDX-License-Identifier: Apache-2.0
"""Variants beside a session on its live data: while it trades, and after it."""

import csv
import random

from harness import *

DAYS = 36


def market(path, seed, price):
    """Hourly bars that trend for a day or two at a time."""
    chance = random.Random(seed)
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["open_time_ms", "open", "high", "low", "close", "volume"])
        drift = 0.0
        for hour in range((DAYS + 6) * 24):
            if hour % 36 == 0:
                drift = chance.uniform(-0.002, 0.002)
            close = price * (1 + drift + chance.uniform(-0.002, 0.002))
            rows.writerow([
                1_772_323_200_000 + hour * 3_600_000, f"{price:.1f}", f"{max(price, close) * 1.001:.1f}",
                f"{min(price, close) * 0.999:.1f}", f"{close:.1f}", "1000"])
            price = float(f"{close:.1f}")


def looked(session, *words, status=0):
    done = session.apus("ab", session.journal, "--json", "--resamples", "300", *words)
    return json.loads(done.stdout) if done.returncode == 0 else {"error": done.stdout + done.stderr}


def refused(what, session, words, text):
    done = session.apus("ab", session.journal, *words)
    check(what, done.returncode != 0 and text in done.stderr and not done.stdout, done.stdout + done.stderr)


def main():
    with Folder() as folder:
        market(folder / "btc.csv", 1, 60_000.0)
        market(folder / "eth.csv", 2, 3_000.0)
        with Venue(
            "--data", f"BTC={folder / 'btc.csv'}", "--data", f"ETH={folder / 'eth.csv'}", "--timeframe", "1h",
            "--stamp", "open", "--history", "120", "--speed", "100000", "--wait"
        ) as venue:
            strategies = {
                "quick": crossing("hl", ["BTC"], timeframe="1h"),
                "slow": crossing("hl", ["BTC", "ETH"], fast=5, slow=20, timeframe="1h"),
            }
            config = configuration(
                {"hl": (venue, {"candles": "1h"})}, strategies, folder, live={"history_days": 4},
                data={"store": folder / "data"})
            session = Session(folder, config, "paper")
            with session:
                check("it trades", wait(lambda: (session.status() or {}).get("positions"), 40), session.text[-800:])
                early = looked(session)
                check("it is looked at while it trades", "spans" in early, early)
                pair = early["spans"][0]["pairs"][0]
                check("too little data is not measured", pair["verdict"] == "not measured"
                      and "too few; 30 are needed" in pair["reason"], pair)
                began = early["spans"][0]["session"]["days"]
                wait(lambda: looked(session)["spans"][0]["session"]["days"] >= 32, 60, 1)
                late = looked(session)
                check("a later look has more", late["spans"][0]["session"]["days"] >= 32 > began, (began, late["spans"]))
                session.control("stop")
                check("the session is undisturbed", session.wait(40) == 0, session.text[-800:])
        print(time.monotonic())
        done = session.apus("ab", session.journal)
        print(done.stdout, done.stderr)
    finish()


main()
