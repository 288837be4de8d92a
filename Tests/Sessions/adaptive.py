# SPDX-License-Identifier: Apache-2.0
"""The adaptive strategy in a session: it trades, explains itself, is switched at run time, and is replayed the same."""

from harness import *

STRATEGY = {
    "type": "enhanced", "venue": "hl", "markets": ["BTC", "ETH"], "timeframe": "1m",
    # Four-hour bars need six days before they vote, which the venue does not keep in minutes.
    "parameters": {
        "direction": "both", "signal_timeframe": "own", "entry_threshold": 0.05, "signal_period": 5,
        "cost_filter": False, "timeframes": False, "pullback": False, "acceleration": False,
        "volume_profile": False, "regime": False, "volatility_min": 0, "volume_min": 0,
        "time_exit_hours": 1, "exit_1_atr": 0.5, "exit_2_atr": 1, "exit_3_atr": 2, "stop_atr": 1,
    },
    "risk_parameters": {"max_position_size": 100},
}


def main():
    for mode in ("paper", "de-minimis"):
        with Folder() as folder, Venue(
            "--generate", "trend", "--speed", "600", "--history", "600", "--seed", "3", "--start", "2026-03-01",
            "--symbols", "BTC,ETH"
        ) as venue:
            config = configuration(
                {"hl": (venue, {})}, {"adaptive": STRATEGY}, folder, risk={"drawdown": "50%"},
                portfolio={"total_risk": "50%"})
            session = Session(folder, config, mode)
            with session:
                ended = wait(lambda: (session.status() or {}).get("positions"), 40)
                check(f"{mode}: it trades", ended, session.text[-800:])
                time.sleep(6)
                if mode == "de-minimis":
                    done = session.control("disable", "--feature", "partial_exits")
                    check("a feature is switched off", done.returncode == 0, done.stdout + done.stderr)
                    done = session.control("disable", "--feature", "nothing")
                    check("an unknown one is refused", done.returncode != 0 and "nothing" in done.stderr, done.stderr)
                    done = session.control("enable", "--feature", "partial_exits")
                    check("and on again", done.returncode == 0, done.stdout + done.stderr)
                    check("positions are protected by stops at the venue", wait(
                        lambda: not venue.positions() or any(
                            order.get("isTrigger") for order in venue.info("frontendOpenOrders")), 10))
                    session.control("kill", "--flatten", "--yes")
                    check("it is flat after a kill", wait(lambda: not venue.positions(), 20), venue.positions())
                session.control("stop")
                check(f"{mode}: it stops", session.wait(40) == 0, session.text[-800:])
            replays(session, f"{mode}: replay --verify")
            entries = [one for one in explained(session, "--kind", "entry") if one["verdict"] == "taken"]
            check(f"{mode}: every entry says why", entries and all(
                one["reason"] and one["values"] and one["order"] for one in entries), entries[:2])
            exits = explained(session, "--kind", "exit")
            check(f"{mode}: and every exit", exits and all(one["reason"] for one in exits), exits[:2])
            if mode == "paper":
                done = session.apus("compare", session.journal, "--json")
                compared = json.loads(done.stdout) if done.returncode == 0 else {}
                check("paper: the backtester would have done the same",
                      compared and Decimal(compared["profit_difference"]) == 0 and not compared["only_session"]
                      and not compared["only_backtest"], done.stdout[:1500] + done.stderr)
            else:
                switched = [one["reason"] for one in explained(session, "--kind", "feature")]
                check("the switches are among the decisions", any("off by hand" in r for r in switched)
                      and any("on by hand" in r for r in switched), switched)
    finish()


main()
