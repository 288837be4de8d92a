// SPDX-License-Identifier: Apache-2.0

import Glibc
import Statistics
public import Trading

/// Why an option could not be valued.
public enum OptionError: Error, Hashable, CustomStringConvertible {
    case badNumber(name: String, value: Double)
    /// No volatility gives this price: it must lie between these.
    case priceOutsideBounds(price: Double, low: Double, high: Double)

    public var description: String {
        switch self {
        case .badNumber(let name, let value): "The option's \(name) is \(value), with which it has no value."
        case .priceOutsideBounds(let price, let low, let high):
            "No volatility gives the price \(price): it must be at least \(low) and below \(high). The quote is stale, or "
                + "rate or time are wrong."
        }
    }
}

/// What a European option is worth and how that changes.
public struct OptionValue: Hashable, Sendable {
    public let price: Double
    /// Change for 1 of the underlying's price.
    public let delta: Double
    /// Change of delta for 1 of the underlying's price.
    public let gamma: Double
    /// Change for 1.00 of volatility: a hundredth of it for one point of volatility.
    public let vega: Double
    /// Change for one year that passes: 1 ÷ 365 of it for a day.
    public let theta: Double
    /// Change for 1.00 of the rate.
    public let rho: Double
}

/// European options on something with a continuous yield: a coin with none, a future (yield = rate), a share.
///
/// Source: F. Black and M. Scholes, "The pricing of options and corporate liabilities", 1973, with R. Merton's yield.
public struct BlackScholes: Hashable, Sendable {
    public let right: OptionRight
    public let spot: Double
    public let strike: Double
    /// Until expiry.
    public let years: Double
    /// A year, continuously compounded.
    public let rate: Double
    public let dividendYield: Double

    /// - Throws: `badNumber` for prices that are not positive, a negative time, and what is not finite.
    public init(
        _ right: OptionRight, spot: Double, strike: Double, years: Double, rate: Double = 0, dividendYield: Double = 0
    ) throws(OptionError) {
        for (name, value) in [("spot", spot), ("strike", strike)] where !(value > 0 && value.isFinite) {
            throw .badNumber(name: name, value: value)
        }
        guard years >= 0, years <= 1000 else { throw .badNumber(name: "years", value: years) }
        for (name, value) in [("rate", rate), ("dividend yield", dividendYield)] where !(value.magnitude <= 10) {
            throw .badNumber(name: name, value: value)
        }
        self.right = right
        self.spot = spot
        self.strike = strike
        self.years = years
        self.rate = rate
        self.dividendYield = dividendYield
    }

    /// +1 for a call, −1 for a put.
    private var sign: Double { right == .call ? 1 : -1 }
    /// Of the underlying and of money, from expiry to now.
    private var yieldDiscount: Double { exp(-dividendYield * years) }
    private var discount: Double { exp(-rate * years) }

    /// Price and Greeks at a volatility (a year, 0.8 is 80 %).
    ///
    /// Without volatility or time the price is what exercise is worth; delta is then a step, with half of it at the
    /// strike, and gamma and vega are zero.
    ///
    /// - Throws: `badNumber` for a volatility that is negative, above 100 (10,000 %), or not a number.
    public func value(volatility: Double) throws(OptionError) -> OptionValue {
        guard volatility >= 0, volatility <= 100 else { throw .badNumber(name: "volatility", value: volatility) }
        let (now, later) = (spot * yieldDiscount, strike * discount)
        let spread = volatility * years.squareRoot()
        guard spread > 0 else {
            let ahead = sign * (now - later)
            let step = ahead > 0 ? 1.0 : (ahead == 0 ? 0.5 : 0)
            return OptionValue(
                price: max(0, ahead), delta: sign * step * yieldDiscount, gamma: 0, vega: 0,
                theta: years > 0 ? sign * step * (dividendYield * now - rate * later) : 0,
                rho: sign * step * years * later)
        }
        let first = (log(spot / strike) + (rate - dividendYield) * years) / spread + spread / 2
        let second = first - spread
        let (inside, exercised) = (Normal.cumulative(sign * first), Normal.cumulative(sign * second))
        let density = Normal.density(first)
        let decay = now * density * volatility / (2 * years.squareRoot())
        return OptionValue(
            price: sign * (now * inside - later * exercised),
            delta: sign * yieldDiscount * inside,
            gamma: yieldDiscount * density / (spot * spread),
            vega: now * density * years.squareRoot(),
            theta: -decay - sign * (rate * later * exercised - dividendYield * now * inside),
            rho: sign * years * later * exercised)
    }

    /// The volatility that gives a price.
    ///
    /// - Throws: `priceOutsideBounds` where none up to 100 (10,000 %) does; `badNumber`.
    public func impliedVolatility(price: Double) throws(OptionError) -> Double {
        guard price.isFinite else { throw .badNumber(name: "price", value: price) }
        let (now, later) = (spot * yieldDiscount, strike * discount)
        let least = max(0, sign * (now - later))
        let most = right == .call ? now : later
        guard price >= least, price < most, years > 0 else {
            throw .priceOutsideBounds(price: price, low: least, high: most)
        }
        if price == least { return 0 }
        var (low, high) = (0.0, 1.0)
        while try value(volatility: high).price < price {
            low = high
            high *= 2
            guard high <= 100 else { throw .priceOutsideBounds(price: price, low: least, high: most) }
        }
        // Newton's step where it stays between the bounds, halving where it does not.
        var guess = (low + high) / 2
        for _ in 0..<200 {
            let value = try value(volatility: guess)
            let error = value.price - price
            if error > 0 { high = guess } else { low = guess }
            var next = value.vega > 0 ? guess - error / value.vega : .nan
            if !(next > low && next < high) { next = (low + high) / 2 }
            if (next - guess).magnitude <= 1e-15 * guess || error == 0 { return error == 0 ? guess : next }
            guess = next
        }
        return guess
    }
}
