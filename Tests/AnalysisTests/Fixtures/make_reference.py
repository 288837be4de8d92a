#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the series and the reference values that AnalysisTests compare with.

Written from the requirements (ADP-1, ADP-3, ADP-4) and the defaults that Documentation/analysis.md states, without the
Swift sources, in the plainest way there is: every value is computed afresh from whole lists. Only the standard library
is needed. Run it in the folder that the files shall go to:

    python3 make_reference.py
"""

import math
from fractions import Fraction

MASK = (1 << 64) - 1


class Random:
    """SplitMix64 (Steele, Lea and Flood, 2014): the same numbers on every machine."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def uniform(self):
        return (self.next() >> 11) / (1 << 53)

    def normal(self):
        return sum(self.uniform() for _ in range(12)) - 6


def walk(seed, count, price, step, tick, missing=0.0, still=0.0):
    """Bars as (number, high, low, close, volume) in ticks and thousandths; volatility and drift come and go."""
    random = Random(seed)
    bars = []
    level, drift, wild = float(price), 0.0, 1.0
    for number in range(count):
        if number % 60 == 0:
            drift = 0.25 * random.normal()
            wild = math.exp(0.7 * random.normal())
        opened = level
        if random.uniform() >= still:
            level *= 1 + step * wild * (random.normal() + drift)
        high = max(opened, level) * (1 + step * wild * random.uniform() * 0.5)
        low = min(opened, level) * (1 - step * wild * random.uniform() * 0.5)
        if random.uniform() < still:
            high = low = level
        ticks = [round(value / tick) for value in (high, low, level)]
        ticks[0], ticks[1] = max(ticks), min(ticks)
        volume = 0 if random.uniform() < 0.02 else int(1000 * math.exp(3 + random.normal()))
        if random.uniform() >= missing:
            bars.append((number, ticks[0], ticks[1], ticks[2], volume))
    return bars


def write(name, header, rows):
    with open(name, "w", encoding="ascii", newline="\n") as file:
        file.write(header + "\n")
        for row in rows:
            file.write(",".join("" if value is None else f"{value:.13g}" if isinstance(value, float) else str(value)
                                for value in row) + "\n")


# -- ADP-1 -----------------------------------------------------------------------------------------------------------


def true_ranges(bars):
    """The first bar has none."""
    return [
        max(high - low, abs(high - before), abs(low - before))
        for (_, _, before), (high, low, _) in zip(bars, bars[1:])
    ]


def average_true_ranges(bars, period):
    """Wilder's: the mean of the first `period` true ranges, then a step of 1 / period; None before."""
    ranges = true_ranges(bars)
    result = [None] * min(period, len(bars))
    if len(ranges) < period:
        return result
    average = math.fsum(ranges[:period]) / period
    result.append(average)
    for value in ranges[period:]:
        average = (average * (period - 1) + value) / period
        result.append(average)
    return result


def mid_rank(values):
    newest = values[-1]
    below = sum(1 for value in values if value < newest)
    not_above = sum(1 for value in values if value <= newest)
    return 100 * (below + not_above) / (2 * len(values))


def thresholds(numbers, bars, period=24, window=720, minimum=168, lowest=0.7, highest=1.5):
    ranges = average_true_ranges(bars, period)
    rows = []
    for place, number in enumerate(numbers):
        values = [
            value
            for other, value in zip(numbers[: place + 1], ranges[: place + 1])
            if value is not None and other > number - window
        ]
        if len(values) < minimum:
            rows.append((number, ranges[place], len(values), None, 1.0))
            continue
        percentile = mid_rank(values)
        if percentile <= 50:
            multiplier = lowest + (1 - lowest) * percentile / 50
        else:
            multiplier = 1 + (highest - 1) * (percentile - 50) / 50
        rows.append((number, ranges[place], len(values), percentile, multiplier))
    return rows


# -- ADP-3 -----------------------------------------------------------------------------------------------------------

WIDTH = math.log(1.001)


def histogram(bars):
    """Volume by bin of (low, high, volume)."""
    parts = {}
    for low, high, volume in bars:
        if volume == 0:
            continue
        bottom, top = math.log(low), math.log(high)
        first, last = math.floor(bottom / WIDTH), math.floor(top / WIDTH)
        if low == high:
            parts.setdefault(first, []).append(volume)
            continue
        for number in range(first, last + 1):
            overlap = min(top, (number + 1) * WIDTH) - max(bottom, number * WIDTH)
            if overlap > 0:
                parts.setdefault(number, []).append(volume * overlap / (top - bottom))
    return {number: math.fsum(values) for number, values in parts.items()}


def levels(volumes):
    """POC, then the lowest and highest bin of the value area, by trying every range."""
    total = sum(Fraction(value) for value in volumes.values())
    first, last = min(volumes), max(volumes)
    most = max(volumes.values())
    point = min(number for number, value in volumes.items() if value == most)
    candidates = []
    for low in range(first, point + 1):
        held = sum(Fraction(volumes.get(number, 0)) for number in range(low, point))
        for high in range(point, last + 1):
            held += Fraction(volumes.get(high, 0))
            if held * 10 >= total * 7:
                candidates.append((high - low, -held, low, high))
                break
    _, held, low, high = min(candidates)
    return point, low, high, -held, total


def profile_rows(bars, times, tick, look_back):
    """`bars` as (number, high, low, close, volume); bar `number` closes at number + 1 in units of the timeframe."""
    rows, bins = [], []
    for time in times:
        inside = [
            (low * tick, high * tick, volume / 1000)
            for number, high, low, _, volume in bars
            if time - look_back < number + 1 <= time
        ]
        volumes = histogram(inside)
        point, low, high, held, total = levels(volumes)
        rows.append((time, len(inside), point, low, high, math.exp((point + 0.5) * WIDTH), math.exp(low * WIDTH),
                     math.exp((high + 1) * WIDTH), float(held), float(total)))
        bins += [(time, number, volumes[number]) for number in sorted(volumes)] if time == times[-1] else []
    return rows, bins


# -- ADP-4 -----------------------------------------------------------------------------------------------------------


def directional_movement(bars, period):
    """ADX, +DI and −DI by Wilder with the warm-up of TA-Lib: sums over the first period − 1 moves, then smoothing."""
    result = [(None, None, None)] * len(bars)
    plus = minus = span = adx = 0.0
    strengths = []
    for place in range(1, len(bars)):
        high, low, _ = bars[place]
        before_high, before_low, before_close = bars[place - 1]
        up, down = high - before_high, before_low - low
        plus_move = up if up > down and up > 0 else 0.0
        minus_move = down if down > up and down > 0 else 0.0
        reach = max(high - low, abs(high - before_close), abs(low - before_close))
        if place < period:
            plus, minus, span = plus + plus_move, minus + minus_move, span + reach
            continue
        plus = plus - plus / period + plus_move
        minus = minus - minus / period + minus_move
        span = span - span / period + reach
        plus_di = 100 * plus / span if span else 0.0
        minus_di = 100 * minus / span if span else 0.0
        both = plus_di + minus_di
        strength = 100 * abs(plus_di - minus_di) / both if both else None
        if len(strengths) < period:
            strengths.append(strength or 0.0)
            if len(strengths) == period:
                adx = math.fsum(strengths) / period
        elif strength is not None:
            adx = (adx * (period - 1) + strength) / period
        result[place] = (adx if len(strengths) == period else None, plus_di, minus_di)
        if len(strengths) == period and place < 2 * period - 1:
            result[place] = (None, plus_di, minus_di)
    return result


def band_widths(closes, period=20, deviations=2):
    result = [None] * len(closes)
    for place in range(period - 1, len(closes)):
        window = closes[place - period + 1 : place + 1]
        mean = math.fsum(window) / period
        variance = math.fsum((value - mean) ** 2 for value in window) / period
        result[place] = 2 * deviations * math.sqrt(variance) / mean
    return result


def seen_regime(adx, plus, minus, percentile, width):
    if None in (adx, plus, minus, percentile, width):
        return "UNCERTAIN"
    if percentile >= 90 and width >= 0.02:
        return "VOLATILE"
    if adx >= 25:
        return "TRENDING_BULLISH" if plus > minus else "TRENDING_BEARISH" if minus > plus else "UNCERTAIN"
    return "RANGING" if adx <= 20 and width <= 0.02 else "UNCERTAIN"


def regimes(numbers, bars, looks, period=14, window=672, minimum=96, stale_after=2):
    """One row per look; a look at `time` sees bars whose number is below it. Time is in quarters of an hour."""
    ranges = average_true_ranges(bars, period)
    movement = directional_movement(bars, period)
    widths = band_widths([close for _, _, close in bars])
    seen = {}
    rows = []
    counted = "UNCERTAIN"
    for time in looks:
        closed = [place for place, number in enumerate(numbers) if number + 1 <= time]
        values = (None,) * 5
        if closed and time - (numbers[closed[-1]] + 1) <= stale_after:
            place = closed[-1]
            ranked = [ranges[other] for other in closed
                      if ranges[other] is not None and numbers[other] > numbers[place] - window]
            percentile = mid_rank(ranked) if len(ranked) >= minimum else None
            values = movement[place] + (percentile, widths[place])
        seen[time] = seen_regime(*values)
        # A quarter of an hour of stability is the look before, a quarter of an hour earlier, having seen the same.
        if seen.get(time - 1) == seen[time]:
            counted = seen[time]
        rows.append((time, *values, seen[time], counted))
    return rows


def main():
    tick = 0.01
    hourly = walk(1, 1100, 1800, 0.004, tick, missing=0.03)
    write("hourly.csv", "number,high,low,close", [bar[:4] for bar in hourly])
    prices = [tuple(value * tick for value in bar[1:4]) for bar in hourly]
    write("thresholds.csv", "number,atr,values,percentile,multiplier",
          thresholds([bar[0] for bar in hourly], prices))

    five = walk(2, 2592, 1500, 0.0012, tick, missing=0.02, still=0.05)
    write("five-minutes.csv", "number,high,low,close,volume", five)
    look_back = 7 * 288
    times = list(range(288, 2593, 96))
    rows, bins = profile_rows(five, times, tick, look_back)
    write("profiles.csv", "time,bars,poc_bin,val_bin,vah_bin,poc,val,vah,area_volume,total_volume", rows)
    write("profile-bins.csv", "time,bin,volume", bins)

    quarter = walk(3, 1500, 900, 0.0022, tick, missing=0.004)
    quarter = [bar for bar in quarter if not 700 <= bar[0] < 712]
    write("quarter-hours.csv", "number,high,low,close", [bar[:4] for bar in quarter])
    prices = [tuple(value * tick for value in bar[1:4]) for bar in quarter]
    looks = [time for time in range(1, 1501) if time % 97 not in (50, 51)]
    write("regimes.csv", "time,adx,plus_di,minus_di,percentile,width,seen,regime",
          regimes([bar[0] for bar in quarter], prices, looks))


if __name__ == "__main__":
    main()
