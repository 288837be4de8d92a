#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the exact reference values of this folder with Python's own integers and fractions."""

import datetime
import random
from fractions import Fraction
from pathlib import Path

FOLDER = Path(__file__).parent
random.seed(20260101)
INT64, INT128 = 2**63, 2**127


def half_even(value: Fraction) -> int:
    """Python rounds fractions half to even."""
    return round(value)


def held(value, limit=INT128):
    return str(value) if -limit < value < limit else "nil"


def any_integer(bits):
    return random.choice([-1, 1]) * random.getrandbits(random.randint(1, bits))


def write(name, header, rows):
    text = "".join(",".join(str(field) for field in row) + "\n" for row in [header, *rows])
    (FOLDER / name).write_text(text)


def values():
    """The value of a quantity at a price, from the definition: quantity x multiplier x price, or divided by it."""
    for row in range(800):
        inverse = row % 2 == 1
        decimals = random.sample(range(0, 10), 3)
        while sum(decimals) > 18:
            decimals = random.sample(range(0, 10), 3)
        p, q, m = decimals
        multiplier = random.choice([1, 1, 10, 100, 1000, random.randint(1, 10**6)])
        price = random.getrandbits(random.randint(1, 62)) + 1
        quantity = any_integer(62)
        contracts = Fraction(quantity * multiplier, 10 ** (q + m))
        quoted = contracts if inverse else contracts * Fraction(price, 10**p)
        value = contracts / Fraction(price, 10**p) if inverse else quoted
        yield [
            "inverse" if inverse else "linear", p, q, m, multiplier, price, quantity,
            held(half_even(value * 10**18)), held(half_even(quoted * 10**18)),
        ]


def shares():
    """factor x value / divisor, rounded once: the heart of rates, conversions and partial closes."""
    for row in range(800):
        value, factor = any_integer(126), any_integer(126 if row % 2 else 62)
        divisor = random.getrandbits(random.randint(2, 126)) + 1
        if row % 4 == 0:  # a tie: value x factor / divisor ends in exactly one half
            divisor = 2 * (random.getrandbits(40) + 1)
            value = (2 * random.getrandbits(60) + 1) * (divisor // 2)
            factor = 1 if row % 8 else random.choice([-1, 3, 5])
        yield [value, factor, divisor, held(half_even(Fraction(value * factor, divisor)))]


def half_even_division(value, divisor):
    return half_even(Fraction(value, divisor))


def positions():
    """Round trips: cost leaves in proportion, rounded to 10^-18, and the rest with the last lot."""
    for row in range(90):
        inverse = row % 3 == 2
        p, q = (2, 0) if inverse else (2, random.choice([0, 3, 8]))
        quantity = cost = realised = 0
        trades = random.randint(2, 40)
        for trade in range(trades):
            size = random.randint(1, 10 ** random.choice([1, 4, 9 + q // 2, 9 + q])) if not inverse else random.randint(1, 10**6)
            price = random.randint(1, 10**8)
            signed = random.choice([-1, 1]) * size
            if trade == trades - 1 and quantity != 0:
                signed = -quantity  # ends flat
            if inverse:
                value = half_even(Fraction(signed, 10**q) / Fraction(price, 10**p) * 10**18)
            else:
                value = signed * price * 10 ** (18 - p - q)
            profit = 0
            if quantity != 0 and (quantity > 0) != (signed > 0):
                closing = min(abs(quantity), abs(signed))
                released = cost if closing == abs(quantity) else half_even_division(cost * closing, abs(quantity))
                closed = value if closing == abs(signed) else half_even_division(value * closing, abs(signed))
                profit = (closed + released) if inverse else -(closed + released)
                cost = value - closed if closing == abs(quantity) else cost - released
            else:
                cost += value
            quantity += signed
            realised += profit
            average = ""
            if quantity != 0 and not inverse:
                average = half_even(Fraction(cost, quantity * 10 ** (18 - p - q)))
            if quantity != 0 and inverse:
                average = half_even(Fraction(quantity * 10 ** (18 - q), cost) * 10**p)
            yield [row, "inverse" if inverse else "linear", p, q, price, signed, value, profit, quantity, cost,
                   realised, average]


def ticks():
    """Accepted prices found by search from the rule's wording, not by the formula."""
    def significant_ok(units, decimals, digits, allowed):
        value = Fraction(units, 10**decimals)
        if value.denominator == 1:
            return True
        if (value * 10**allowed).denominator != 1:
            return False
        return len(str(abs(units)).rstrip("0").lstrip("0")) <= digits  # trailing zeros are not significant here

    def tiered_ok(units, tiers):
        step = [s for start, s in tiers if start <= units or start == tiers[0][0]][-1]
        return units % step == 0

    rules = [("significant", decimals, 5, allowed) for decimals, allowed in [(6, 6), (6, 4), (3, 3), (2, 2), (4, 1)]]
    rules += [("tiered", 0, [(0, 1), (1000, 5), (5000, 10)]), ("tiered", 0, [(0, 7), (10, 5), (101, 20)]),
              ("uniform", 0, [(0, 25)])]
    for rule in rules:
        for _ in range(120):
            if rule[0] == "significant":
                units = random.randint(1, 10 ** random.randint(1, 8))
                check = lambda u: significant_ok(u, rule[1], rule[2], rule[3])
                name = f"significant:{rule[2]}:{rule[3]}"
            else:
                units = random.randint(0, random.choice([30, 300, 12000]))
                check = lambda u: tiered_ok(u, rule[2])
                name = "tiered:" + ";".join(f"{start}:{step}" for start, step in rule[2])
            down = units
            while not check(down):
                down -= 1
            up = units
            while not check(up):
                up += 1
            yield [name, rule[1], units, down, up]


def times():
    """Python's proleptic Gregorian calendar, from 1700 to 2250."""
    epoch = datetime.datetime(1970, 1, 1)
    fixed = ["1700-01-01", "1900-02-28", "1900-03-01", "1969-12-31", "1970-01-01", "2000-02-29", "2000-03-01",
             "2023-12-31", "2024-02-29", "2024-12-31", "2100-02-28", "2100-03-01", "2250-12-31"]
    moments = [datetime.datetime.fromisoformat(day) for day in fixed]
    for _ in range(400):
        seconds = random.randint(-8_520_336_000, 8_867_491_200)
        moments.append(epoch + datetime.timedelta(seconds=seconds, microseconds=random.choice([0, 250_000, 1, 999_999])))
    for moment in moments:
        span = moment - epoch
        nanoseconds = (span.days * 86_400 + span.seconds) * 10**9 + span.microseconds * 1000
        fraction = f"{moment.microsecond:06d}".rstrip("0")
        text = moment.strftime("%m-%dT%H:%M:%S")
        monday = moment.date() - datetime.timedelta(days=moment.weekday())
        week = (datetime.datetime.combine(monday, datetime.time()) - epoch).days * 86_400 * 10**9
        yield [nanoseconds, f"{moment.year:04d}-{text}" + (f".{fraction}" if fraction else "") + "Z", week]


write("values.csv", ["kind", "p", "q", "m", "multiplier", "price", "quantity", "value", "notional"], values())
write("shares.csv", ["value", "factor", "divisor", "result"], shares())
write("positions.csv", ["trip", "kind", "p", "q", "price", "quantity", "value", "profit", "held", "cost", "realised",
                        "average"], positions())
write("ticks.csv", ["rule", "decimals", "price", "down", "up"], ticks())
write("times.csv", ["nanoseconds", "text", "monday"], times())
