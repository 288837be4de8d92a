// SPDX-License-Identifier: Apache-2.0

import Execution
import TestSupport
import Trading

@testable import Simulation

/// A simulated venue with a clock: bars of one minute, commands sent at the last close.
final class TestMarket {
    static let minute: Int64 = 60_000_000_000

    var venue: SimulatedVenue
    let instruments: [Instrument]
    let assets: AssetTable
    private(set) var now: Int64 = 0
    private var created: UInt64 = 0
    /// Everything the venue said so far.
    var reports: [VenueReport] = []

    init(
        _ instruments: [Instrument], assets: AssetTable, deposits: [String: String],
        settings: SimulationSettings = SimulationSettings(), positionMode: PositionMode = .netting,
        marginMode: MarginMode = .cross, strategyCount: Int = 1, leverage: [Int64]? = nil
    ) throws {
        self.instruments = instruments
        self.assets = assets
        let description = AccountDescription(
            assets: assets, instruments: instruments, baseCurrency: instruments[0].quote,
            valuations: assets.names.map { _ in .unknown }, positionMode: positionMode, marginMode: marginMode,
            strategyCount: strategyCount, leverage: leverage)
        var account = Account(description, keepsEntries: true)
        for name in assets.names {
            guard let text = deposits[name], let asset = assets.id(named: name) else { continue }
            account.deposit(try Amount(parsing: text), of: asset, at: .epoch)
        }
        venue = SimulatedVenue(
            settings: settings, account: account, volumeDecimals: instruments.map(\.quantityDecimals),
            details: instruments.map { _ in nil })
    }

    static let assets = AssetTable(names: ["BTC", "ETH", "USDT"])

    /// Two price decimals, three quantity decimals (inverse: whole contracts of 1 USD).
    static func instrument(
        _ index: Int = 0, kind: InstrumentKind = .linearPerpetual, base: String = "BTC", liquidationFee: String = "0",
        tiers: [MarginTier] = [], rules: TradingRules = TradingRules(), later: [(Timestamp, TradingRules)] = []
    ) throws -> Instrument {
        let isInverse = kind == .inversePerpetual
        return try Instrument(
            id: InstrumentID(index: index), symbol: "\(base)-USDT", venue: "test", kind: kind,
            base: assets.id(named: base) ?? AssetID(0), quote: assets.id(named: "USDT") ?? AssetID(0),
            settlement: assets.id(named: isInverse ? base : "USDT") ?? AssetID(0), priceDecimals: 2,
            quantityDecimals: isInverse ? 0 : 3, liquidationFee: try Rate(parsing: liquidationFee), marginTiers: tiers,
            rules: [(.distantPast, rules)] + later.map { (from: $0.0, rules: $0.1) })
    }

    static func tier(_ upTo: Int64?, _ rate: String, _ leverage: Int64) throws -> MarginTier {
        MarginTier(
            upToNotional: upTo.map { Amount(whole: $0) }, maintenanceRate: try Rate(parsing: rate),
            maximumLeverage: leverage)
    }

    /// Walks one bar of each instrument named, prices in cents; they close at the same time.
    func bar(
        _ prices: (Int64, Int64, Int64, Int64), volume: Int64 = 1_000_000_000, of index: Int = 0, ends: Bool = true
    ) {
        venue.advance(
            index, openTime: now, closeTime: now + Self.minute, open: prices.0, high: prices.1, low: prices.2,
            close: prices.3, volume: volume)
        if ends { now += Self.minute }
        take()
    }

    /// Quantities in thousandths (inverse: contracts), prices in cents.
    @discardableResult
    func send(
        _ side: Side, _ quantity: Int64, _ type: OrderType = .market, limit: Int64? = nil, trigger: Int64? = nil,
        trail: TrailingDistance? = nil, reduceOnly: Bool = false, strategy: Int = 0, of index: Int = 0,
        parent: OrderID = .none, timeInForce: TimeInForce = .goodTilCancelled, group: OrderGroup = 0,
        expires: Int64? = nil
    ) -> OrderID {
        created += 1
        let id = OrderID(created)
        command(
            id, strategy, index,
            .submit(
                OrderRequest(
                    instrument: instruments[index].id, side: side, type: type, quantity: Quantity(units: quantity),
                    limit: limit.map { Price(units: $0) }, trigger: trigger.map { .price(Price(units: $0)) },
                    trail: trail, timeInForce: timeInForce, expires: expires.map { Timestamp(nanoseconds: $0) },
                    isReduceOnly: reduceOnly, group: group, parent: parent)))
        return id
    }

    func command(_ id: OrderID, _ command: VenueCommand) { self.command(id, 0, 0, command) }

    func command(_ id: OrderID, _ strategy: Int, _ index: Int, _ command: VenueCommand) {
        venue.receive(
            OrderCommand(
                order: id, strategy: StrategyID(index: strategy), instrument: instruments[index].id,
                sentAt: Timestamp(nanoseconds: now), command: command))
    }

    func fund(_ rate: Double, _ index: Int = 0) {
        venue.settleFunding(instruments[index].id, rate: rate, at: Timestamp(nanoseconds: now))
        take()
    }

    func expire(_ index: Int = 0) {
        venue.settleExpiry(instruments[index].id, at: Timestamp(nanoseconds: now))
        take()
    }

    private func take() {
        reports += venue.reports
        venue.reports.removeAll(keepingCapacity: true)
    }

    // MARK: Reading

    var fills: [Fill] {
        reports.compactMap { if case .fill(let fill, _) = $0 { fill } else { nil } }
    }

    /// Each fill as "quantity@price", signed.
    var fillTexts: [String] { fills.map { "\($0.quantity.units)@\($0.price.units)" } }

    func reasons(_ event: OrderEvent) -> [RejectReason] {
        reports.compactMap { if case .order(let report) = $0, report.event == event { report.reason } else { nil } }
    }

    func balance(_ name: String = "USDT") -> String {
        assets.id(named: name).map { venue.account.balance($0).description } ?? ""
    }

    func position(_ strategy: Int = 0, _ index: Int = 0, slot: Int = 0) -> Int64 {
        venue.account.subPosition(StrategyID(index: strategy), instruments[index].id, slot: slot).quantity.units
    }
}
