# SPDX-License-Identifier: Apache-2.0
"""One session on two venues at once, on paper and with real orders, each with an account and a key of its own."""

from harness import *


def main():
    for mode in ("paper", "de-minimis"):
        with Folder() as folder, Venue(
            "--generate", "trend", "--speed", "600", "--history", "200", "--seed", "3", "--start", "2026-03-01",
            "--symbols", "BTC,ETH"
        ) as one, Venue(
            "--generate", "range", "--speed", "600", "--history", "200", "--seed", "4", "--start", "2026-03-01",
            "--symbols", "SOL,BNB", account=f"{OTHER_ACCOUNT}=500"
        ) as two:
            config = configuration(
                {"one": (one, {}), "two": (two, {"account": OTHER_ACCOUNT, "credentials": "env:APUS_OTHER_KEY"})},
                {"first": crossing("one", ["BTC", "ETH"]), "second": crossing("two", ["SOL", "BNB"])}, folder)
            session = Session(folder, config, mode, environment={"APUS_OTHER_KEY": OTHER_KEY})
            with session:
                if mode == "paper":
                    ended = wait(lambda: (session.status() or {}).get("positions"), 30)
                    time.sleep(4)
                else:
                    ended = wait(lambda: len(one.fills()) > 4 and len(two.info("userFills", OTHER_ACCOUNT)) > 4, 40)
                check(f"{mode}: it trades on both", ended, session.text[-800:])
                status = session.status()
                check(f"{mode}: both links are up", status and [l["state"] for l in status["links"]] == ["up", "up"],
                      status)
                if mode == "de-minimis":
                    session.control("kill", "--flatten", "--yes")
                    check(f"{mode}: both are flat", wait(
                        lambda: not one.positions() and not two.info("clearinghouseState", OTHER_ACCOUNT)["assetPositions"],
                        15), (one.positions(), two.info("clearinghouseState", OTHER_ACCOUNT)))
                session.control("stop")
                check(f"{mode}: it stops", session.wait(40) == 0, session.text[-800:])
            summary = session.summary()
            if mode == "de-minimis":
                fills = one.fills() + two.info("userFills", OTHER_ACCOUNT)
                profit = sum((Decimal(f["closedPnl"]) - Decimal(f["fee"]) for f in fills), Decimal(0))
                check(f"{mode}: fills are those of both", summary["fills"] == len(fills), (summary["fills"], len(fills)))
                check(f"{mode}: profit is that of both, to the last digit", Decimal(summary["profit"]) == profit,
                      (summary["profit"], profit))
            else:
                check(f"{mode}: nothing was sent", not one.info("historicalOrders") and summary["fills"] > 0, summary)
            replays(session, f"{mode}: replay --verify")
            done = session.apus("compare", session.journal, "--json")
            compared = json.loads(done.stdout) if done.returncode == 0 else {}
            if mode == "paper":
                check("paper: the backtester would have done the same",
                      compared and Decimal(compared["profit_difference"]) == 0 and not compared["only_session"]
                      and not compared["only_backtest"], done.stdout[:1500] + done.stderr)
            else:
                check("de-minimis: it can be compared", compared, done.stderr)
    finish()


main()
