// SPDX-License-Identifier: Apache-2.0

import Configuration
import MarketData
import Trading

extension BacktestAssembly {
    /// An instrument as its settings, its market's name and its data describe it.
    func describe(
        _ market: ResolvedMarket, _ settings: InstrumentSettings, _ series: BarSeries, _ id: InstrumentID
    ) throws(CommandFailure) -> Instrument {
        let symbol = market.written
        func asset(_ name: String) throws(CommandFailure) -> AssetID {
            guard let found = trading.assets.id(named: name) else {
                throw .failed("\(symbol): the asset \(name) is not known.")
            }
            return found
        }
        let priceDecimals = settings.priceDecimals ?? series.priceDecimals
        let multiplierDecimals = DecimalText.decimalsNeeded(by: settings.multiplier.description) ?? 0
        let room = Amount.decimals - priceDecimals - multiplierDecimals
        let quantityDecimals = settings.quantityDecimals ?? min(8, max(0, room))
        let scale = (price: priceDecimals, quantity: quantityDecimals)
        var rules: [(from: Timestamp, rules: TradingRules)] = []
        for rule in settings.rules {
            rules.append((rule.from, try tradingRules(rule, settings, scale, market)))
        }
        var tiers: [MarginTier] = []
        for tier in settings.marginTiers {
            tiers.append(
                MarginTier(
                    upToNotional: tier.upToNotional, maintenanceRate: tier.maintenanceRate,
                    maximumLeverage: max(1, Int64(clamping: tier.maximumLeverage.units / Amount(whole: 1).units))))
        }
        let kind = try kind(market, settings, priceDecimals, symbol)
        let base = try asset(settings.base ?? market.base)
        let quote = try asset(settings.quote ?? market.quote)
        let settlement = try asset(settings.settlement ?? market.settlement)
        let multiplier = try TradingAssembly.units(settings.multiplier, multiplierDecimals, "multiplier", symbol)
        do throws(Instrument.DefinitionError) {
            return try Instrument(
                id: id, symbol: symbol, venue: market.exchange, kind: kind, base: base, quote: quote,
                settlement: settlement, priceDecimals: priceDecimals, quantityDecimals: quantityDecimals,
                multiplier: multiplier, multiplierDecimals: multiplierDecimals, liquidationFee: settings.liquidationFee,
                marginTiers: tiers, rules: rules)
        } catch { throw .failed(error) }
    }

    private func kind(
        _ market: ResolvedMarket, _ settings: InstrumentSettings, _ priceDecimals: Int, _ symbol: String
    ) throws(CommandFailure) -> InstrumentKind {
        switch settings.kind ?? market.kind {
        case .spot: return .spot
        case .linearPerpetual: return .linearPerpetual
        case .inversePerpetual: return .inversePerpetual
        case .future:
            guard let expiry = settings.expiry else {
                throw .failed("\(symbol): a dated future needs instruments.\(symbol).expiry.")
            }
            return .future(expiry: expiry)
        case .option:
            guard let expiry = settings.expiry, let strike = settings.strike, let right = settings.optionType else {
                throw .failed("\(symbol): an option needs expiry, strike and option_type under instruments.\(symbol).")
            }
            return .option(
                expiry: expiry,
                strike: Price(units: try TradingAssembly.units(strike, priceDecimals, "strike", symbol)),
                right: right == .call ? .call : .put)
        }
    }

    private func tradingRules(
        _ rule: InstrumentSettings.Rules, _ settings: InstrumentSettings, _ scale: (price: Int, quantity: Int),
        _ market: ResolvedMarket
    ) throws(CommandFailure) -> TradingRules {
        let symbol = market.written
        let tick: TickRule
        if let digits = rule.significantFigures {
            let decimals = rule.tickSize.flatMap { DecimalText.decimalsNeeded(by: $0.description) }
            tick = .significant(digits: digits, decimals: min(decimals ?? scale.price, scale.price))
        } else {
            tick = .uniform(
                step: try rule.tickSize.map { size throws(CommandFailure) in
                    try TradingAssembly.units(size, scale.price, "tick_size", symbol)
                } ?? 1)
        }
        return TradingRules(
            tick: tick,
            lot: try rule.lotSize.map { size throws(CommandFailure) in
                try TradingAssembly.units(size, scale.quantity, "lot_size", symbol)
            } ?? 1,
            minimumQuantity: Quantity(
                units: try TradingAssembly.units(rule.minimumQuantity, scale.quantity, "minimum_quantity", symbol)),
            minimumNotional: rule.minimumNotional ?? market.minimumNotional, makerFee: settings.makerFee,
            takerFee: settings.takerFee)
    }
}

extension TradingAssembly {
    /// A configured decimal as units of `10^-decimals`.
    ///
    /// - Parameter section: Where its key stands; `nil`: in that of the instrument.
    static func units(
        _ amount: Amount, _ decimals: Int, _ key: String, _ symbol: String, in section: String? = nil
    ) throws(CommandFailure) -> Int64 {
        do throws(DecimalError) {
            return try DecimalText.parse(amount.description, decimals: decimals)
        } catch {
            throw .failed(
                "\(section ?? "instruments.\(symbol)").\(key): \(error) Set instruments.\(symbol)."
                    + "\(["tick_size", "strike"].contains(key) ? "price" : "quantity")_decimals for it."
            )
        }
    }
}
