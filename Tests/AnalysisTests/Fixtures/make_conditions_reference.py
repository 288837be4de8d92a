#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the series and the reference values for the conditions of a market and for correlation.

Written from Documentation/analysis.md alone, without the Swift sources, in the plainest way there is: every value is
computed afresh from whole lists. Range, direction and mid-ranks are those of make_reference.py, another reference.

    python3 make_conditions_reference.py
"""

import math

from make_reference import Random, average_true_ranges, directional_movement, mid_rank, walk, write


def illiquidities(closes, volumes, period=96):
    """Mean movement over mean turnover of the last bars that have one before them; infinite where nothing was traded."""
    result = [None] * len(closes)
    for place in range(period, len(closes)):
        inside = range(place - period + 1, place + 1)
        movement = math.fsum(abs(math.log(closes[other] / closes[other - 1])) for other in inside) / period
        turnover = math.fsum(closes[other] * volumes[other] for other in inside) / period
        result[place] = movement / turnover if turnover > 0 else math.inf
    return result


def level(value, low, high, names):
    """Names for at most low, between, at least high; UNKNOWN where there is no value."""
    if value is None:
        return "UNKNOWN"
    return names[2] if value >= high else names[0] if value <= low else names[1]


class Stable:
    """What counts: a state that every look has seen for so long, no look between having been missed."""

    def __init__(self, stability):
        self.stability = stability
        self.sights = []
        self.counted = "UNKNOWN"

    def see(self, time, state):
        self.sights.append((time, state))
        first = len(self.sights) - 1
        while first > 0 and self.sights[first - 1] == (self.sights[first][0] - 1, state):
            first -= 1
        if time - self.sights[first][0] >= self.stability:
            self.counted = state
        return self.counted


def conditions(bars, spreads, looks, tick, window=672, minimum=96, stale_after=2):
    """`bars` as (number, high, low, close, volume); bar `number` closes at number + 1, in quarters of an hour."""
    numbers = [bar[0] for bar in bars]
    prices = [tuple(value * tick for value in bar[1:4]) for bar in bars]
    closes = [price[2] for price in prices]
    volumes = [bar[4] / 1000 for bar in bars]
    ranges = average_true_ranges(prices, 14)
    movement = directional_movement(prices, 14)
    costs = illiquidities(closes, volumes)

    def percentile(values, place):
        ranked = [values[other] for other in range(place + 1)
                  if values[other] is not None and values[other] < math.inf
                  and numbers[other] > numbers[place] - window]
        return mid_rank(ranked) if len(ranked) >= minimum else None

    kinds = [Stable(1), Stable(1), Stable(1)]
    rows = []
    for time in looks:
        closed = [place for place, number in enumerate(numbers) if number + 1 <= time]
        place = closed[-1] if closed else None
        range_rank = adx = cost = cost_rank = spread = None
        if place is not None and time - (numbers[place] + 1) <= stale_after:
            if ranges[place] is not None:
                range_rank = percentile(ranges, place)
            adx = movement[place][0]
            cost = costs[place]
            if cost is not None and cost < math.inf:
                cost_rank = percentile(costs, place)
            told = [spreads[other] for other in closed if spreads[other] is not None]
            spread = told[-1] if told else None
        seen = [
            level(range_rank, 20, 80, ("LOW", "NORMAL", "HIGH")),
            level(adx, 20, 25, ("RANGING", "UNDECIDED", "TRENDING")),
            "ILLIQUID" if cost == math.inf or (spread is not None and spread >= 0.005)
            else level(cost_rank, 10, 90, ("LIQUID", "NORMAL", "ILLIQUID")),
        ]
        counted = [kind.see(time, state) for kind, state in zip(kinds, seen)]
        rows.append((time, range_rank, adx, "inf" if cost == math.inf else cost, cost_rank, *seen, *counted))
    return rows


def pearson(left, right):
    """None where one of them stands still."""
    mean_left, mean_right = math.fsum(left) / len(left), math.fsum(right) / len(right)
    if len(set(left)) == 1 or len(set(right)) == 1:
        return None
    both = math.fsum((x - mean_left) * (y - mean_right) for x, y in zip(left, right))
    return both / math.sqrt(math.fsum((x - mean_left) ** 2 for x in left)
                            * math.fsum((y - mean_right) ** 2 for y in right))


def prices_of_four(seed, hours):
    """By hour: four prices that follow one factor, now more and now less; the third lists late, the fourth stands still."""
    random = Random(seed)
    levels = [100.0, 20.0, 3.0, 700.0]
    rows = []
    for hour in range(hours):
        share = 0.5 + 0.48 * math.sin(2 * math.pi * hour / 260)
        common = random.normal()
        for market in range(4):
            step = 0.004 * (share * common + math.sqrt(1 - share * share) * random.normal())
            if not (market == 3 and 420 <= hour < 560):
                levels[market] *= 1 + step
        row = [round(value, 6) for value in levels]
        if hour < 300:
            row[2] = None
        if random.uniform() < 0.02:
            row[1] = None
        rows.append(row)
    return rows


def correlations(rows, window=96, minimum=30):
    """At each hour but the first, from the returns of the last `window` hours; one row of returns for each hour."""
    returns = []
    kind = Stable(1)
    result = []
    for hour in range(1, len(rows)):
        returns.append([now / then - 1 if now is not None and then is not None else None
                        for then, now in zip(rows[hour - 1], rows[hour])])
        inside = returns[-window:]
        measured = []
        for second in range(4):
            for first in range(second):
                both = [(row[first], row[second]) for row in inside
                        if row[first] is not None and row[second] is not None]
                value = pearson(*zip(*both)) if len(both) >= minimum else None
                if value is not None:
                    measured.append(value)
        mean = math.fsum(measured) / len(measured) if len(measured) >= 3 else None
        seen = level(mean, 0.3, 0.7, ("LOW", "NORMAL", "HIGH"))
        result.append((hour, len(measured), mean, seen, kind.see(hour, seen)))
    return result


def main():
    tick = 0.01
    bars = walk(4, 1600, 900, 0.0022, tick, missing=0.004)
    bars = [bar for bar in bars if not 500 <= bar[0] < 512]
    random = Random(5)
    changed, spreads = [], []
    for number, high, low, close, volume in bars:
        # Volume that comes and goes over days, and a day and more without any.
        volume = 0 if 1100 <= number < 1240 else int(volume * math.exp(1.2 * math.sin(number / 70)))
        spread = random.uniform() * 0.004 if number % 3 == 0 else None
        if 900 <= number < 930 and spread is not None:
            spread += 0.004
        changed.append((number, high, low, close, volume))
        spreads.append(spread)
    write("condition-bars.csv", "number,high,low,close,volume,spread",
          [(*bar, spread) for bar, spread in zip(changed, spreads)])
    # What is written has 13 digits, and what is read from it is what counts.
    spreads = [None if spread is None else float(f"{spread:.13g}") for spread in spreads]
    looks = [time for time in range(1, 1601) if time % 97 not in (50, 51)]
    write("conditions.csv",
          "time,range_percentile,adx,illiquidity,illiquidity_percentile,volatility_seen,trend_seen,liquidity_seen,"
          "volatility,trend,liquidity", conditions(changed, spreads, looks, tick))

    prices = prices_of_four(6, 800)
    write("four-markets.csv", "hour,a,b,c,d", [(hour, *row) for hour, row in enumerate(prices)])
    write("correlations.csv", "hour,measured,mean,seen,regime", correlations(prices))


if __name__ == "__main__":
    main()
