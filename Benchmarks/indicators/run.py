#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares Apus's indicators with TA-Lib in one process, on the same arrays, by turns.

    python3 -m venv .venv && .venv/bin/pip install TA-Lib==0.8.2 numpy==2.4.6
    swift build -c release --product IndicatorBenchmark
    .venv/bin/python Benchmarks/indicators/run.py .build/release/libIndicatorBenchmark.so

Both sides' times include the allocation and release of their outputs. Writes results.md beside this file.
"""
import argparse
import ctypes
import datetime
import math
import pathlib
import platform
import statistics
import subprocess
import time

import numpy as np
import talib

ADDRESS = ctypes.c_void_p


def cases(h, l, c, v):
    t = talib
    return {
        "SMA": lambda: t.SMA(c, 30), "EMA": lambda: t.EMA(c, 30), "RMA": lambda: t.RMA(c, 30),
        "WMA": lambda: t.WMA(c, 30), "DEMA": lambda: t.DEMA(c, 30), "TEMA": lambda: t.TEMA(c, 30),
        "HMA": lambda: t.HMA(c, 20), "KAMA": lambda: t.KAMA(c, 30), "VWMA": lambda: t.VWMA(c, v, 30),
        "RSI": lambda: t.RSI(c, 14), "MACD": lambda: t.MACD(c), "BBANDS": lambda: t.BBANDS(c, 20),
        "ATR": lambda: t.ATR(h, l, c, 14), "NATR": lambda: t.NATR(h, l, c, 14), "ADX": lambda: t.ADX(h, l, c, 14),
        "STOCH": lambda: t.STOCH(h, l, c), "STOCHRSI": lambda: t.STOCHRSI(c), "AROON": lambda: t.AROON(h, l, 14),
        "CCI": lambda: t.CCI(h, l, c, 14), "MFI": lambda: t.MFI(h, l, c, v, 14), "OBV": lambda: t.OBV(c, v),
        "ROC": lambda: t.ROC(c, 10), "MOM": lambda: t.MOM(c, 10), "WILLR": lambda: t.WILLR(h, l, c, 14),
        "SAR": lambda: t.SAR(h, l), "LINEARREG": lambda: t.LINEARREG(c, 14),
        "LINEARREG_SLOPE": lambda: t.LINEARREG_SLOPE(c, 14), "STDDEV": lambda: t.STDDEV(c, 20),
        "CORREL": lambda: t.CORREL(h, l, 30), "BETA": lambda: t.BETA(h, l, 5),
        "DONCHIAN": lambda: t.DONCHIAN(h, l, 20), "KC": lambda: t.KC(h, l, c),
        "SUPERTREND": lambda: t.SUPERTREND(h, l, c),
    }


def timed(call):
    start = time.perf_counter_ns()
    call()
    return time.perf_counter_ns() - start


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library")
    parser.add_argument("names", nargs="*", help="only these")
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--output", default=str(pathlib.Path(__file__).with_name("results.md")))
    options = parser.parse_args()

    library = ctypes.CDLL(str(pathlib.Path(options.library).resolve()))
    for function in (library.apus_batch, library.apus_incremental, library.apus_plugged):
        function.restype = ctypes.c_double
        function.argtypes = [ctypes.c_char_p, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ctypes.c_long]

    n = options.rows
    random = np.random.default_rng(1)
    c = 100 * np.exp(np.cumsum(random.normal(0, 0.001, n)))
    o = np.r_[100.0, c[:-1]]
    h = np.maximum(o, c) * (1 + random.random(n) * 0.001)
    l = np.minimum(o, c) * (1 - random.random(n) * 0.001)
    v = random.random(n) * 1000
    columns = [x.ctypes.data for x in (h, l, c, v)]

    swift = subprocess.run(["swift", "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    lines = [
        "# Indicators beside TA-Lib", "",
        f"{datetime.date.today()} · {processor()}, one thread · {swift} · TA-Lib {talib.__version__}, numpy {np.__version__}",
        "", f"Batch forms, {n:,} rows, outputs' allocation and release included: medians of {options.rounds} alternations in"
        " one process, in ns a row. The last column is the difference of the last value.", "",
        "| indicator | TA-Lib | Apus | ratio | difference |", "| --- | ---: | ---: | ---: | ---: |"]
    ratios = []
    for name, peer in cases(h, l, c, v).items():
        if options.names and name not in options.names:
            continue
        call = lambda: library.apus_batch(name.encode(), *columns, n)  # noqa: E731
        ours, theirs = call(), peer()
        theirs = (theirs[0] if isinstance(theirs, (tuple, list)) else theirs)[-1]
        assert math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-7), (name, ours, theirs)
        peer_times, our_times = [], []
        for _ in range(options.rounds):
            peer_times.append(timed(peer))
            our_times.append(timed(call))
        peer_time, our_time = statistics.median(peer_times) / n, statistics.median(our_times) / n
        ratios.append(our_time / peer_time)
        lines.append(f"| {name} | {peer_time:.2f} | {our_time:.2f} | {ratios[-1]:.2f} | {ours - theirs:.0e} |")
        print(lines[-1], flush=True)
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
    lines += ["", f"Geometric mean of the ratios: **{mean:.2f}**; largest: {max(ratios):.2f}.", "",
              "Incremental forms, ns an update, best of 5. `direct` is the value type alone, `registry` is an indicator made by"
              " name, updated through an `IndicatorSet` and read by index, the bar's making included.", "",
              "| indicator | direct | registry |", "| --- | ---: | ---: |"]
    print(lines[-6])
    for name in ("ema", "rsi", "atr", "sma", "macd", "bollinger", "adx", "stochastic", "supertrend"):
        cells = []
        for function in (library.apus_incremental, library.apus_plugged):
            value = function(name.encode(), *columns, 1000)
            if math.isnan(value):
                cells.append("")
                continue
            best = min(timed(lambda: function(name.encode(), *columns, n)) for _ in range(5))
            cells.append(f"{best / n:.1f}")
        lines.append(f"| {name} | {cells[0]} | {cells[1]} |")
        print(lines[-1], flush=True)
    pathlib.Path(options.output).write_text("\n".join(lines) + "\n")


main()
