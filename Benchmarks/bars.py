#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes one-minute bars that anybody can make again: a seeded geometric random walk.

    Benchmarks/bars.py --symbol BTCUSDT --count 525600 --output BTCUSDT.csv

Columns: open_time_ms,open,high,low,close,volume. Each open equals the close before it, so a backtester that fills at
this close and one that fills at the next open reach the same result. Prices are whole ticks of 0.01 that are rounded
once per bar; random numbers come from Python's Mersenne Twister, whose stream Python promises to keep, so that the
file is the same, byte for byte, on every machine.
"""
import argparse
import gzip
import hashlib
import math
import random
import zlib
from pathlib import Path

MINUTE_MS = 60_000
START_MS = 1_577_836_800_000  # 2020-01-01T00:00:00Z
FIRST_PRICE = 30_000.0
SIGMA = 0.0007  # standard deviation of a minute's log return, about 51 % a year
TICKS_PER_UNIT = 100
YEAR = 525_600  # minutes

# What one year of BTCUSDT with seed 42 must come to.
YEAR_SHA256 = "973aa6b6b6b816c75b3074a46fd0fd76130b5990f57b914aabdb834a99016bdc"


def bars(symbol, count, seed=42):
    """Yields the lines of the file: the header, then one line per bar, oldest first."""
    draw = random.Random((seed << 32) ^ zlib.crc32(symbol.encode())).random
    yield "open_time_ms,open,high,low,close,volume\n"
    price = round(FIRST_PRICE * TICKS_PER_UNIT)
    for index in range(count):
        # Draws are taken in this order: two for the return (Box-Muller), then high, low and volume.
        radius = math.sqrt(-2.0 * math.log(1.0 - draw()))
        gaussian = radius * math.cos(2 * math.pi * draw())
        up, down, size = (math.log(1.0 - draw()) for _ in range(3))
        close = max(1, round(price * math.exp(-0.5 * SIGMA * SIGMA + SIGMA * gaussian)))
        high = round(max(price, close) * (1.0 - 0.3 * SIGMA * up))
        low = max(1, round(min(price, close) * (1.0 + 0.3 * SIGMA * down)))
        volume = 0.001 + round(-8.0 * size, 3)
        prices = ",".join(f"{ticks / TICKS_PER_UNIT:.2f}" for ticks in (price, high, low, close))
        yield f"{START_MS + index * MINUTE_MS},{prices},{volume:.3f}\n"
        price = close


def ensure(path, symbol, count=YEAR, seed=42):
    """Returns the path of the file, which is written whole if it is not there, gzipped if its name ends in .gz."""
    path = Path(path)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        data = "".join(bars(symbol, count, seed)).encode()
        if (symbol, count, seed) == ("BTCUSDT", YEAR, 42) and hashlib.sha256(data).hexdigest() != YEAR_SHA256:
            raise SystemExit(f"bars: the year of BTCUSDT does not come to {YEAR_SHA256}; no benchmark can use it")
        partial = path.with_name(path.name + ".partial")
        partial.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
        partial.rename(path)
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--symbol", default="BTCUSDT", help="each symbol has a path of its own")
    parser.add_argument("--count", type=int, default=YEAR)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--output", type=Path, required=True, help="gzipped if the name ends in .gz")
    arguments = parser.parse_args()
    written = ensure(arguments.output, arguments.symbol, arguments.count, arguments.seed)
    print(hashlib.sha256(written.read_bytes()).hexdigest(), written)
