# SPDX-License-Identifier: Apache-2.0
"""The EMA cross in backtesting.py. Timed is `Backtest.run()` alone; reading the file is not.

It reads a size below 1 as a share of the equity. So prices are divided by ten and one whole unit is traded: the money
is the same as with 0.1 at the full price.
"""
import json
import sys
import time

import backtesting
import pandas

from reference import CASH, FAST, FEE, QUANTITY, SLOW, WARM_UP


class Cross(backtesting.Strategy):
    def init(self):
        closes = pandas.Series(self.data.Close)
        average = lambda period: closes.ewm(span=period, adjust=False).mean()
        self.above = (average(FAST) > average(SLOW)).to_numpy()

    def next(self):
        index = len(self.data) - 1
        if index < WARM_UP or self.above[index] == self.above[index - 1]:
            return
        if self.above[index] and not self.position:
            self.buy(size=1)
        elif not self.above[index] and self.position:
            self.position.close()


def read(path):
    frame = pandas.read_csv(path, index_col="open_time_ms")
    frame.index = pandas.to_datetime(frame.index, unit="ms")
    frame.columns = frame.columns.str.title()
    frame[["Open", "High", "Low", "Close"]] *= QUANTITY
    return frame


backtesting.backtesting._tqdm = lambda sequence, **_: sequence  # no progress bar inside the measurement
frame = read(sys.argv[1])
test = backtesting.Backtest(frame, Cross, cash=CASH, commission=FEE, trade_on_close=True, finalize_trades=False)
begin = time.perf_counter()
result = test.run()
elapsed = time.perf_counter() - begin
broker = result["_strategy"]._broker
print(json.dumps([{
    "system": f"backtesting.py {backtesting.__version__}", "bars": len(frame),
    "orders": 2 * len(broker.closed_trades) + len(broker.trades), "equity": float(result["Equity Final [$]"]),
    "seconds": elapsed}]))
