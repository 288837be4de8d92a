# SPDX-License-Identifier: Apache-2.0
"""The EMA cross in vectorbt, twice in one process: the first call compiles, the second shows its full speed.

Timed from the array of closes to the number of orders and the final value; reading the file is not.
"""
import json
import sys
import time

import numpy
import pandas
import vectorbt

from reference import CASH, FAST, FEE, QUANTITY, SLOW, WARM_UP


def run(closes):
    series = pandas.Series(closes)
    average = lambda period: series.ewm(span=period, adjust=False).mean().to_numpy()
    above = average(FAST) > average(SLOW)
    entries = numpy.zeros(len(closes), dtype=bool)
    exits = numpy.zeros(len(closes), dtype=bool)
    entries[WARM_UP:] = above[WARM_UP:] & ~above[WARM_UP - 1:-1]
    exits[WARM_UP:] = ~above[WARM_UP:] & above[WARM_UP - 1:-1]
    portfolio = vectorbt.Portfolio.from_signals(
        closes, entries, exits, size=QUANTITY, fees=FEE, init_cash=CASH, freq="1min")
    return int(portfolio.orders.count()), float(portfolio.final_value())


series = numpy.loadtxt(sys.argv[1], delimiter=",", skiprows=1, usecols=4)
results = []
for call in ("1st call", "2nd call"):
    begin = time.perf_counter()
    orders, equity = run(series)
    results.append({
        "system": f"vectorbt {vectorbt.__version__}, {call}", "bars": len(series), "orders": orders,
        "equity": equity, "seconds": time.perf_counter() - begin})
print(json.dumps(results))
