# SPDX-License-Identifier: Apache-2.0
"""The contract of the EMA cross in plain Python, and the sums that every other system must reach.

Averages start at the first close and follow with alpha = 2 / (n + 1), n = 10 and 20. After 200 bars, a change of
"fast above slow" buys 0.1 when flat or sells 0.1 when long, at this close, for a fee of 0.05 % of the notional.
"""
import csv
import json
import sys
import time

FAST, SLOW, WARM_UP, QUANTITY, FEE, CASH = 10, 20, 200, 0.1, 0.0005, 1_000_000.0


def run(closes):
    """Returns (orders, final equity)."""
    fast = slow = closes[0]
    above = False
    cash, held, orders = CASH, 0.0, 0
    for index, close in enumerate(closes):
        fast += (close - fast) * 2 / (FAST + 1)
        slow += (close - slow) * 2 / (SLOW + 1)
        was_above, above = above, fast > slow
        if index < WARM_UP or above == was_above or above == (held > 0):
            continue
        signed = QUANTITY if above else -QUANTITY
        cash -= signed * close + QUANTITY * close * FEE
        held = QUANTITY if above else 0.0
        orders += 1
    return orders, cash + held * closes[-1]


if __name__ == "__main__":
    with open(sys.argv[1], newline="") as file:
        series = [float(row["close"]) for row in csv.DictReader(file)]
    begin = time.perf_counter()
    count, equity = run(series)
    elapsed = time.perf_counter() - begin
    print(json.dumps([{
        "system": f"plain Python {sys.version.split()[0]}, no engine", "bars": len(series), "orders": count,
        "equity": equity, "seconds": elapsed}]))
