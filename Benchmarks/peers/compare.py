# SPDX-License-Identifier: Apache-2.0
"""Measures Apus and its peers alternately on the EMA cross, checks that they agree, and keeps the results.

Every round runs each system once, in a process of its own, beginning with another system each time: whatever else the
machine does then meets all of them alike.
"""
import argparse
import json
import statistics
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import bars  # noqa: E402
import measure  # noqa: E402

DATA = measure.REPOSITORY / ".cache/bench"
SCRIPTS = ["with_vectorbt.py", "with_backtesting.py", "reference.py"]

# Bars of the input, and what the contract comes to on them: orders, final equity.
EXPECTED = {5_000: (232, 999_562.269244), bars.YEAR: (23_390, 963_247.675122)}
TOLERANCE = 1e-6


def run_apus(program, path):
    document, seconds, peak = measure.backtest(
        program, "Examples/ema-cross.yaml", {"BTCUSDT": path}, DATA / "peers-apus.json")
    return [{
        "system": "Apus", "bars": document["bars"], "orders": document["orders"],
        "equity": float(document["finalEquity"]), "seconds": document["engineSeconds"]}], seconds, peak


def run_peer(python, script, path):
    output, seconds, peak = measure.run([python, HERE / script, path])
    return json.loads(output.splitlines()[-1]), seconds, peak


def disagreements(result):
    """Returns in words how a result differs from the contract."""
    orders, equity = EXPECTED[result["bars"]]
    if result["orders"] != orders:
        yield f"{result['system']}: {result['orders']} orders on {result['bars']} bars instead of {orders}"
    # The contract's figure is itself rounded to six decimals.
    if abs(result["equity"] - equity) > TOLERANCE:
        yield f"{result['system']}: equity {result['equity']} on {result['bars']} bars instead of {equity}"


def summary(name, runs):
    """Returns what is kept of the runs of one system."""
    values = {key: [run[key] for run in runs] for key in runs[0]}
    return {
        "system": name,
        "barsPerSecondBest": max(values["barsPerSecond"]),
        "barsPerSecondMedian": statistics.median(values["barsPerSecond"]),
        "processSecondsBest": min(values["processSeconds"]),
        "peakMiB": max(values["peakMiB"]),
        "startToResultSeconds": min(values["startSeconds"]),
        "orders": values["orders"][0],
        "finalEquity": f"{values['equity'][0]:.6f}",
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("apus", type=Path, help="the release build, .build/release/apus")
    parser.add_argument("--python", required=True, help="a Python that has the peers installed")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    program = arguments.apus.resolve()

    runners = [lambda path, script=script: run_peer(arguments.python, script, path) for script in SCRIPTS]
    skipped = []
    if measure.can_backtest(program):
        runners.insert(0, lambda path: run_apus(program, path))
    else:
        skipped.append(f"Apus is skipped: {arguments.apus} has no 'backtest --bars'")
        print(f"bench-peers: {skipped[-1]}", flush=True)

    year = bars.ensure(DATA / "BTCUSDT.csv", "BTCUSDT")
    short = bars.ensure(DATA / "BTCUSDT-5000.csv", "BTCUSDT", 5_000)
    systems, wrong = {}, []

    def take(runner):
        results, seconds, peak = runner(year)
        start_results, start_seconds, _ = runner(short)
        for result in results + start_results:
            wrong.extend(disagreements(result))
        for result in results:
            speed = result["bars"] / result["seconds"]
            print(f"  {result['system']:34} {measure.millions(speed):>9} bars/s", flush=True)
            systems.setdefault(result["system"], []).append({
                **result, "barsPerSecond": speed, "processSeconds": seconds, "startSeconds": start_seconds,
                "peakMiB": peak})

    try:
        for number in range(arguments.rounds):
            print(f"bench-peers: round {number + 1} of {arguments.rounds}", flush=True)
            first = number % len(runners)
            for runner in runners[first:] + runners[:first]:
                take(runner)
    except measure.Failed as error:
        sys.exit(f"bench-peers: {error}")
    if wrong:
        sys.exit("bench-peers: the systems disagree, so nothing is recorded:\n  " + "\n  ".join(sorted(set(wrong))))

    entry = {
        **measure.circumstances(), "rounds": arguments.rounds, "inputSHA256": bars.YEAR_SHA256, "skipped": skipped,
        "systems": [summary(name, runs) for name, runs in systems.items()],
    }
    history = measure.append(HERE / "results.json", entry)
    measure.write(HERE / "results.md", page(history))
    print(f"\n{page(history[-1:])}")
    print(f"bench-peers: added to {(HERE / 'results.md').relative_to(measure.REPOSITORY)}")


def page(history):
    last = history[-1]
    text = (
        "# The EMA cross, beside other backtesters\n\n"
        f"One year of one-minute bars (`Benchmarks/bars.py`, SHA-256 `{last['inputSHA256'][:12]}…`). "
        f"{last['rounds']} rounds, in each every system in a process of its own, in turn. Speed is that of the engine "
        "alone, without reading the file; the process is everything, and its time ends with the result. "
        "\"Start\" is a whole process on the first 5,000 bars. "
        "All orders and final equities agree with the contract.\n\n"
        f"Measured {last['date']} UTC at {last['commit']} on {last['machine']}, load average {last.get('load', 'unknown')}.\n\n")
    text += measure.table(
        ["system", "bars/s, best", "bars/s, median", "process", "peak memory", "start", "orders", "final equity"],
        [[row["system"], measure.millions(row["barsPerSecondBest"]), measure.millions(row["barsPerSecondMedian"]),
          f"{row['processSecondsBest']:.2f} s", f"{row['peakMiB']:.0f} MiB", f"{row['startToResultSeconds']:.2f} s",
          f"{row['orders']:,}", row["finalEquity"]] for row in last["systems"]])
    for line in last["skipped"]:
        text += f"\n{line}.\n"
    if len(history) > 1:
        names = [row["system"] for row in last["systems"]]
        rows = []
        for entry in reversed(history):
            speeds = {row["system"]: measure.millions(row["barsPerSecondMedian"]) for row in entry["systems"]}
            rows.append([entry["date"], entry["commit"], *(speeds.get(name, "") for name in names)])
        text += "\n## History (bars/s, median)\n\n" + measure.table(["date", "commit", *names], rows)
    return text


if __name__ == "__main__":
    main()
