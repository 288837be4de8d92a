# SPDX-License-Identifier: Apache-2.0
"""Variants beside a session on its live data, while it trades and after it; and what each strategy made, day by day."""

import csv
import hashlib
import random

from harness import *

DAYS = 34
START = 1_772_323_200_000  # 2026-03-01


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
            close = float(f"{price * (1 + drift + chance.uniform(-0.002, 0.002)):.1f}")
            rows.writerow([
                START + hour * 3_600_000, f"{price:.1f}", f"{max(price, close) * 1.001:.1f}",
                f"{min(price, close) * 0.999:.1f}", f"{close:.1f}", "1000"])
            price = close


def markets(folder):
    market(folder / "btc.csv", 1, 60_000.0)
    market(folder / "eth.csv", 2, 3_000.0)
    return ["--data", f"BTC={folder / 'btc.csv'}", "--data", f"ETH={folder / 'eth.csv'}", "--timeframe", "1h",
            "--stamp", "open", "--history", "120", "--wait"]


def config_for(venue, folder, strategies):
    return configuration(
        {"hl": (venue, {"candles": "1h"})}, strategies, folder, live={"history_days": 4},
        data={"store": folder / "data"})


def looked(session, *words):
    done = session.apus("ab", session.journal, "--json", "--resamples", "300", *words)
    if done.returncode != 0:
        return {"error": done.stderr, "spans": [{"session": {"days": 0}, "pairs": [{}], "rivals": [], "features": []}]}
    return json.loads(done.stdout)


def refused(what, session, text, *words):
    done = session.apus("ab", session.journal, *words)
    check(what, done.returncode != 0 and text in done.stderr and not done.stdout, done.stdout + done.stderr)


def content(folder):
    found = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".journal"):
            with open(os.path.join(folder, name), "rb") as file:
                found[name] = hashlib.sha256(file.read()).hexdigest()
    return found


def figures(outcome):
    return {key: outcome[key] for key in ("totalReturn", "trades", "winRate", "profitFactor", "maximumDrawdown")}


def parts_and_whole(what, profits, whole):
    """What the strategies made day by day sums to what the session made, to the last digit."""
    check(f"{what}: there is a profit for each strategy and market", len(profits) == 3, profits)
    check(f"{what}: they sum to the session's", sum(Decimal(p["profit"]) for p in profits) == Decimal(whole),
          (whole, [p["profit"] for p in profits]))
    for part in profits:
        days = part["days"]
        check(f"{what}: days of {part['strategy']} {part['market']}",
              days == sorted(days, key=lambda day: day["day"]) and len({d["day"] for d in days}) == len(days)
              and (len(days) > 31 or sum(Decimal(d["profit"]) for d in days) == Decimal(part["profit"])), part)


def listen_to_interrupts():
    """What runs the tests may ignore or block them (in the background, on a thread of its own); children inherit it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def paper(folder):
    strategies = {
        "quick": crossing("hl", ["BTC"], timeframe="1h"),
        "slow": crossing("hl", ["BTC", "ETH"], fast=5, slow=20, timeframe="1h"),
    }
    with Venue(*markets(folder), "--speed", "120000") as venue:
        config = config_for(venue, folder, strategies)
        session = Session(folder, config, "paper")
        with session:
            check("it trades", wait(lambda: (session.status() or {}).get("positions"), 60), session.text[-800:])
            early = looked(session)
            pair = early["spans"][0]["pairs"][0]
            check("it is looked at while it trades; too little data is not measured",
                  pair.get("verdict") == "not measured" and "too few; 30 are needed" in pair["reason"], early)
            check("targets are not judged on it", early["validation"]["origin"] == "session" and all(
                one["verdict"] is None for one in early["validation"]["targets"]), early["validation"])
            days = wait(lambda: (lambda n: n >= 31 and n)(looked(session)["spans"][0]["session"]["days"]), 90, 1)
            check("a later look has more", days and days > early["spans"][0]["session"]["days"], days)
            status = session.status()
            check("its status tells what each strategy made", len(status["profits"]) == 3 and all(
                len(p["days"]) <= 31 for p in status["profits"]), status)
            session.control("stop")
            check("the session is undisturbed", session.wait(60) == 0, session.text[-800:])
        summary = session.summary()
        parts_and_whole("paper", summary["profit_by_day"], summary["profit"])

        before = content(session.journal)
        found = looked(session)
        span = found["spans"][0]
        rivals = {rival["name"]: rival for rival in span["rivals"]}
        check("on paper the variant as configured is the session", figures(span["session"]) == figures(
            span["asConfigured"]) and span["session"]["trades"] > 20, span)
        check("each strategy is alone", set(rivals) == {"quick", "slow"} and sum(
            rival["trades"] for rival in rivals.values()) == span["session"]["trades"], rivals)
        pair = span["pairs"][0]
        check("they are compared", pair["verdict"] != "not measured" and pair["totalReturnInterval"]["low"]
              <= pair["totalReturn"] <= pair["totalReturnInterval"]["high"] and 0 < pair["pValue"] <= 1, pair)
        check("beside buying and holding", span["buyAndHold"]["days"] == span["session"]["days"], span["buyAndHold"])
        check("trades are split", {"byHour", "byExitReason", "byStrategy", "bySymbol"} <= set(
            span["breakdowns"][0]), span["breakdowns"])
        again = looked(session)
        check("looks are counted", again["validation"]["evaluations"]["number"]
              == found["validation"]["evaluations"]["number"] + 1, again["validation"])
        check("nothing else differs", dict(again, seconds=0, validation=0) == dict(found, seconds=0, validation=0))

        challenger = json.loads(json.dumps(config))
        challenger["strategies"]["quick"]["parameters"].update(fast_period=4, slow_period=9)
        with open(folder / "challenger.json", "w") as file:
            json.dump(challenger, file)
        beside = looked(session, "--with", folder / "challenger.json", "--set",
                        "strategies.quick.parameters.fast_period=3")
        rivals = beside["spans"][0]["rivals"]
        check("challengers stand beside it", [r["name"] for r in rivals] == [
            "as configured", "challenger.json", "with strategies.quick.parameters.fast_period=3"]
              and len(beside["spans"][0]["pairs"]) == 3, beside)
        check("and trade otherwise", len({r["totalReturn"] for r in rivals}) == 3, rivals)
        page = folder / "ab.html"
        done = session.apus("ab", session.journal, "--html", page, "--by", "strategies")
        check("text and page", done.returncode == 0 and "Side by side" in done.stdout
              and "LIVE: 2026-03-" in done.stdout and "p-values hold for one look" in " ".join(done.stdout.split())
              and "Side by side" in open(page).read(), done.stdout + done.stderr)
        check("the journal is as it was", content(session.journal) == before and before)

        other = json.loads(json.dumps(config))
        other["strategies"]["quick"]["markets"] = ["SOL"]
        with open(folder / "other.json", "w") as file:
            json.dump(other, file)
        refused("another market", session, "SOL on hl, of which there are no bars", "--with", folder / "other.json")
        refused("no features", session, "has features to compare", "--by", "features")
        refused("a choice", session, "--choose goes with a configuration", "--choose")
        refused("a wrong subject", session, "--by", "--by", "days")
        refused("a wrong pause", session, "--every 0s", "--follow", "--every", "0s")

        follower = subprocess.Popen(
            [APUS, "ab", session.journal, "--follow", "--every", "1s", "--resamples", "300"], cwd=folder.path,
            env=session.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=listen_to_interrupts)
        time.sleep(6)
        follower.send_signal(signal.SIGINT)
        try:
            out, errors = follower.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            follower.kill()
            out, errors = follower.communicate()
        check("following shows it once while nothing comes, and ends when asked to",
              follower.returncode == 0 and out.count("Side by side") == 1, (follower.returncode, out[-500:], errors))


def live(folder):
    """With the venue's fills, and killed in the middle: the unfinished end is left out."""
    strategies = {"adaptive": {
        "type": "enhanced", "venue": "hl", "markets": ["BTC", "ETH"], "timeframe": "1h",
        "parameters": {
            "direction": "both", "signal_timeframe": "own", "cost_filter": False, "sizing_volatility": 0.5,
            "entry_threshold": 0.05, "signal_period": 5, "timeframes": False, "pullback": False,
            "acceleration": False, "volume_profile": False, "volatility_min": 0, "regime_timeframe": "1h",
            "regime_interval": 60, "timeframe_1": "1h", "timeframe_2": "2h", "timeframe_3": "4h",
            "timeframe_4": "8h", "profile_interval": 60, "volume_min": 0, "time_exit_hours": 24, "stop_atr": 1,
        }, "risk_parameters": {"max_position_size": 20},
    }}
    with Venue(*markets(folder), "--speed", "60000") as venue:
        session = Session(folder, config_for(venue, folder, strategies), "de-minimis", name="live")
        with session:
            check("live: it trades", wait(lambda: len(venue.fills()) >= 4, 90), session.text[-800:])
            session.kill()
        segment = os.path.join(session.journal, sorted(content(session.journal))[-1])
        with open(segment, "ab") as file:
            file.write(b"\x40\x00\x00\x00\x03")  # a record that was never finished
        found = looked(session)
        span = found["spans"][0]
        names = [feature["name"] for feature in span["features"]]
        check("live: features are compared after a kill", len(names) > 5 and "sizing" in names
              and span["all"] and span["none"] and span["asConfigured"], found)
        check("live: few days are not measured", all(
            feature["verdict"] == "not measured" for feature in span["features"]), span["features"])
        check("live: it says that funding and fills are simulated", any(
            "pay funding at the rates" in note for note in found["notes"]), found.get("notes"))
        check("live: the session's own trades are the venue's", span["session"]["trades"] <= len(venue.fills()), span)


def main():
    with Folder() as folder:
        paper(folder)
    with Folder() as folder:
        live(folder)
    finish()


main()
