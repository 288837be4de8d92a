// SPDX-License-Identifier: Apache-2.0

public import Trading

/// How near to its liquidation a position may come. Distances are shares of the mark price.
public struct LiquidationSettings: Hashable, Sendable {
    public var warning = 0.20
    public var reduction = 0.10
    /// A position is reduced until its liquidation is this far away.
    public var target = 0.25

    public init() {}

    /// What contradicts itself, one sentence each with the key that it is about; empty where all is well.
    public var problems: [String] {
        var found: [String] = []
        for (key, share) in [("warning", warning), ("reduction", reduction), ("target", target)]
        where !(share > 0 && share < 1) {
            found.append("\(key) must be above 0 and below 1, was \(share).")
        }
        if reduction > warning {
            found.append("reduction (\(reduction)) is above warning (\(warning)): there would be no warning before it.")
        }
        if target < reduction {
            found.append(
                "target (\(target)) is below reduction (\(reduction)): what was reduced would be reduced again at once."
            )
        }
        return found
    }
}

/// A margined position, with what stands behind it.
public struct MarginedPosition: Sendable {
    public var instrument: Instrument
    public var position: Position
    public var leverage: Int64
    /// Margin of its own; otherwise the account's equity stands behind it.
    public var isIsolated: Bool
    /// For cross margin: the balance in the settlement asset, plus profit and less maintenance margin of all other
    /// positions in it (`LiquidationGuard.surplus`).
    public var elsewhere: Amount

    public init(
        instrument: Instrument, position: Position, leverage: Int64, isIsolated: Bool, elsewhere: Amount = .zero
    ) {
        self.instrument = instrument
        self.position = position
        self.leverage = leverage
        self.isIsolated = isIsolated
        self.elsewhere = elsewhere
    }

    fileprivate var model: LiquidationModel {
        var model = LiquidationModel(of: instrument)
        model.isIsolated = isIsolated
        model.leverage = Double(max(1, leverage))
        model.elsewhere = elsewhere.approximation
        model.long = LiquidationModel.Holding(position, factor: model.factor)
        return model
    }
}

/// At which price the venue takes a position over.
public enum LiquidationLevel: Hashable, Sendable {
    case unreachable
    case at(Price)
    /// At every price: the margin is used up.
    case due
}

/// Where a position stands with regard to its liquidation.
public struct LiquidationOutlook: Hashable, Sendable, CustomStringConvertible {
    public enum State: Hashable, Sendable {
        /// No position, or no price at which it would be taken over.
        case unreachable
        case safe, warning
        /// The quantity to close, signed like an order: negative for a long position.
        case reduce(Quantity)
    }
    public let state: State
    public let mark: Price
    public let liquidation: Price?
    /// How far away it is, as a share of the mark price; zero or less where it is due.
    public let distance: Double?
    public let reason: String

    public var description: String { reason }
}

/// Watches how near margined positions are to their liquidation, by the venue's margin tiers.
public struct LiquidationGuard: Sendable {
    public let settings: LiquidationSettings

    /// - Throws: where the settings contradict themselves, with the keys.
    public init(_ settings: LiquidationSettings = LiquidationSettings()) throws(SizingError) {
        let problems = settings.problems
        guard problems.isEmpty else { throw SizingError(problems: problems) }
        self.settings = settings
    }

    /// The price at which the venue takes a position over.
    public static func level(of position: MarginedPosition) -> LiquidationLevel {
        guard position.instrument.kind.isMargined, !position.position.isFlat else { return .unreachable }
        return level(position.model, MaintenanceTier.tiers(of: position.instrument))
    }

    private static func level(_ model: LiquidationModel, _ tiers: [MaintenanceTier]) -> LiquidationLevel {
        let levels = model.levels(tiers)
        if levels.below == .max { return .due }
        let level = model.long.size > 0 ? levels.below : levels.above
        return level == .min || level == .max ? .unreachable : .at(Price(units: level))
    }

    /// What a position adds to the equity behind the others: its profit less its maintenance margin.
    public static func surplus(_ position: MarginedPosition, at mark: Price) -> Double {
        guard position.instrument.kind.isMargined, !position.position.isFlat, mark.units > 0 else { return 0 }
        let result = position.model.surplus(at: mark.units, MaintenanceTier.tiers(of: position.instrument))
        return result.profit - result.maintenance
    }

    /// Where a position stands at a mark price, and what to do.
    public func look(at held: MarginedPosition, mark: Price) -> LiquidationOutlook {
        func outlook(
            _ state: LiquidationOutlook.State, _ price: Price?, _ distance: Double?, _ reason: String
        ) -> LiquidationOutlook {
            LiquidationOutlook(state: state, mark: mark, liquidation: price, distance: distance, reason: reason)
        }
        guard mark.units > 0 else {
            return outlook(.warning, nil, nil, "the mark price \(held.instrument.text(mark)) is no price")
        }
        let price: Price
        switch Self.level(of: held) {
        case .unreachable: return outlook(.unreachable, nil, nil, "no price liquidates it")
        case .due:
            let quantity = held.position.quantity.closing
            return outlook(.reduce(quantity), mark, 0, "its margin is used up at every price")
        case .at(let level): price = level
        }
        let distance = Self.distance(to: price, mark, isLong: held.position.quantity.units > 0)
        let numbers =
            "the liquidation price \(held.instrument.text(price)) is \(percent(distance)) from the mark price "
            + held.instrument.text(mark)
        if distance > settings.warning { return outlook(.safe, price, distance, numbers) }
        guard distance <= settings.reduction else {
            return outlook(.warning, price, distance, numbers + "; warned at \(percent(settings.warning))")
        }
        let quantity = reduction(held, mark)
        return outlook(
            .reduce(quantity), price, distance,
            numbers + "; reduced at \(percent(settings.reduction)) to \(percent(settings.target))")
    }

    private static func distance(to price: Price, _ mark: Price, isLong: Bool) -> Double {
        let share = 1 - Double(price.units) / Double(mark.units)
        return isLong ? share : -share
    }

    /// The smallest number of lots, signed, that moves the liquidation as far away as the target; all where none does.
    private func reduction(_ held: MarginedPosition, _ mark: Price) -> Quantity {
        let tiers = MaintenanceTier.tiers(of: held.instrument)
        let size = held.position.quantity.units
        let isLong = size > 0
        let lot = held.instrument.rules(at: .distantFuture).lot
        func isEnough(_ units: Int64) -> Bool {
            var model = held.model
            model.fill(isLong ? -units : units, at: mark.units, slot: 0, feeRate: .zero)
            guard model.long.size != 0 else { return true }
            switch Self.level(model, tiers) {
            case .unreachable: return true
            case .due: return false
            case .at(let price): return Self.distance(to: price, mark, isLong: isLong) >= settings.target
            }
        }
        // Lots, by halving: the more is closed, the farther away it is.
        var (low, high) = (Int64(0), Int64(clamping: size.magnitude / UInt64(max(1, lot))))
        guard high > 0, isEnough(high * lot) else { return held.position.quantity.closing }
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if isEnough(middle * lot) { high = middle } else { low = middle }
        }
        return Quantity(units: isLong ? -high * lot : high * lot)
    }
}

extension Quantity {
    /// The order that closes this position; one unit less where that cannot be held.
    fileprivate var closing: Quantity { Quantity(units: Int64(clamping: -Int128(units))) }
}
