// SPDX-License-Identifier: Apache-2.0

import Configuration
import Cryptography
import Engine
import Execution
import Hyperliquid
import Live
import MarketData
import Networking
import OrderManagement
import Risk
import Simulation
import Strategies
import Trading
import VenueInterface

/// What a configuration becomes before it trades: the markets of its venues, an account, strategies, limits.
///
/// Made from the configuration and what the venues said of their markets, and from nothing else: so a journal that holds
/// both can make it again.
struct TradeAssembly {
    /// A venue with those of its markets that are traded.
    struct Venue {
        let settings: Configuration.VenueSettings
        /// In the order of their instruments.
        var markets: [HyperliquidMarket] = []
        var instruments: [InstrumentID] = []
    }

    private(set) var configuration: ApusConfiguration
    let mode: SessionMode
    private(set) var venues: [Venue] = []
    private(set) var trading: TradingAssembly
    private(set) var warnings: [String] = []

    /// - Parameter known: By the venues' names: the markets there are.
    init(
        _ configuration: ApusConfiguration, mode: SessionMode, _ registry: StrategyRegistry,
        known: [String: [HyperliquidMarket]]
    ) throws(CommandFailure) {
        self.configuration = configuration
        self.mode = mode
        var wanted: [(venue: Configuration.VenueSettings, market: ResolvedMarket)] = []
        for settings in configuration.strategies where settings.isEnabled {
            for traded in settings.needed {
                let market = traded.market
                guard let name = traded.venue, let venue = configuration.venues.first(where: { $0.name == name }) else {
                    throw .failed(
                        "strategies.\(settings.key) has no venue to trade \(market.written) on. Add one under 'venues' "
                            + "(`apus config explain venues`) and name its exchange: exchange: hyperliquid.")
                }
                if wanted.contains(where: { $0.venue.name == name && $0.market.unified == market.unified }) { continue }
                wanted.append((venue, market))
            }
        }
        wanted.sort { ($0.venue.name, $0.market.unified) < ($1.venue.name, $1.market.unified) }
        var found: [(venue: Configuration.VenueSettings, market: ResolvedMarket, described: HyperliquidMarket)] = []
        for (venue, market) in wanted {
            let markets = known[venue.name] ?? []
            guard let described = markets.first(where: { $0.ownName == market.symbol && !$0.isDelisted }) else {
                let near = nearest(market.symbol, among: markets.map(\.ownName)).map { " Did you mean \($0)?" } ?? ""
                throw .failed("\(venue.name) has no market \(market.symbol) (\(market.written)).\(near)")
            }
            found.append((venue, market, described))
        }
        let assets = found.flatMap { [$0.described.base, $0.described.quote] }
        trading = try TradingAssembly(configuration, registry, further: assets)
        for (index, (venue, market, described)) in found.enumerated() {
            let id = InstrumentID(index: index)
            trading.add(market, try instrument(described, venue, market, id), on: venue.name)
            if venues.last?.settings.name != venue.name { venues.append(Venue(settings: venue)) }
            venues[venues.count - 1].markets.append(described)
            venues[venues.count - 1].instruments.append(id)
        }
        warnings += try trading.judgeLeverage()
    }

    /// The same markets under another configuration of what strategies do.
    func with(_ other: ApusConfiguration) throws(CommandFailure) -> TradeAssembly {
        var copy = self
        copy.configuration = other
        copy.trading = try trading.with(other)
        return copy
    }

    private func instrument(
        _ described: HyperliquidMarket, _ venue: Configuration.VenueSettings, _ market: ResolvedMarket,
        _ id: InstrumentID
    ) throws(CommandFailure) -> Instrument {
        guard let base = trading.assets.id(named: described.base), let quote = trading.assets.id(named: described.quote)
        else { preconditionFailure("the assets of all markets are in the table") }
        let settings = configuration.instrument(of: market)
        do {
            return try HyperliquidUniverse.instrument(
                for: described, id: id, venue: venue.name, base: base, quote: quote, makerFee: settings.makerFee,
                takerFee: settings.takerFee)
        } catch { throw .failed(error) }
    }

    var instruments: [Instrument] { trading.markets.map(\.instrument) }

    /// By instrument: what its venue does itself.
    var capabilities: [VenueCapabilities] {
        instruments.map { mode == .paper ? .simulated : .hyperliquid.on($0.kind) }
    }

    // MARK: What a session is made of

    func decisionSetup(start: Timestamp) throws(CommandFailure) -> DecisionSetup {
        var specifications = try trading.specifications()
        if mode == .deMinimis {
            for index in specifications.indices { specifications[index].plan = try smallest(specifications[index]) }
        }
        var account = trading.accountDescription(specifications)
        // One more place for what belongs to no strategy: trades by hand, liquidations.
        account.strategyCount = specifications.count + 1
        var feeds: [DecisionSetup.Feed?] = []
        for venue in venues {
            let timeframe = venue.settings.candles
            for specification in specifications where venue.instruments.contains(specification.instrument) {
                guard specification.timeframe.isMultiple(of: timeframe) else {
                    throw .failed(
                        "strategies.\(specification.name) runs on \(specification.timeframe) bars, which cannot be built "
                            + "from the \(timeframe) candles of venues.\(venue.settings.name). Choose other candles.")
                }
            }
            for instrument in venue.instruments {
                feeds.append(
                    DecisionSetup.Feed(
                        timeframe: timeframe, quantityDecimals: instruments[instrument.index].quantityDecimals))
            }
        }
        return DecisionSetup(
            account: account, deposits: mode == .paper ? trading.deposits() : trading.assets.names.map { _ in .zero },
            feeds: feeds, strategies: specifications,
            simulation: mode == .paper ? trading.simulationSettings() : nil, supervision: trading.supervision(),
            external: trading.external, start: start)
    }

    /// One dollar, as it is asked for, or the least that the venue takes: whichever the configuration chose.
    private func smallest(_ specification: StrategySpecification) throws(CommandFailure) -> TradePlan {
        var plan = specification.plan
        let instrument = instruments[specification.instrument.index]
        let minimum = instrument.rules(at: .distantFuture).minimumNotional
        guard !(specification.strategy is ListedOrders) else {
            throw .failed(
                "strategies.\(specification.name) places orders of stated sizes, and de-minimis mode trades $1. Set its "
                    + "enabled: false for this mode.")
        }
        plan.sizing = .notional(Amount(whole: 1))
        plan.capital = nil
        if minimum > Amount(whole: 1), plan.belowMinimum == .reject {
            throw .failed(
                "\(instrument.symbol): de-minimis mode trades $1, and the venue takes no order below $\(minimum). Either set "
                    + "simulation.below_minimum: round_up to trade the venue's minimum, or leave the market out.")
        }
        if instrument.kind == .spot, minimum > Amount(whole: 1) {
            // The venue has no exception for what closes a spot position: less the fee, and at a lower price, it is still
            // to be sold.
            plan.sizing = .notional(Rate(units: Rate.one / 5 * 6).of(minimum) ?? minimum)
        }
        return plan
    }

    /// - Parameter instance: The mark of this journal in the names of orders.
    func sessionSettings(instance: UInt32) -> SessionSettings {
        let live = configuration.live
        var limits = riskLimits
        if mode == .deMinimis { tighten(&limits) }
        return SessionSettings(
            mode: mode, version: Program.version, instance: instance, venues: venues.map { settings(of: $0, instance) },
            limits: limits,
            barGrace: live.barGrace, history: live.historyDays.map { .days($0) }, staleAfter: live.staleAfter,
            shutdown: live.shutdown == .flatten ? .flatten : live.shutdown == .cancelOrders ? .cancel : .keep,
            background: BackgroundLimits())
    }

    private func settings(of venue: Venue, _ instance: UInt32) -> Live.VenueSettings {
        let given = venue.settings
        var orders = OrderManagerSettings(instance: instance)
        // A request may wait for its turn before it is sent, and its life begins then.
        orders.grace = orders.grace + HyperliquidConnector.Configuration.orderFreshness
        orders.requestLife = given.orderExpiry
        // Bounds are measured from the middle of the book, the collar from the mark price, and rounded outwards.
        orders.slippage = min(
            orders.slippage, Rate(units: configuration.limits.priceCollar.units / 5 * 4))
        orders.snapshotInterval = given.reconcileEvery
        orders.externalOrders = given.externalOrders == .adopt ? .adopt : .leaveAlone
        let deadMan: DeadManPolicy
        switch given.deadManSwitch {
        case .off: deadMan = .off
        case .whenUnprotected: deadMan = .whenUnprotected(after: given.deadManDelay)
        case .always: deadMan = .always(after: given.deadManDelay)
        }
        return Live.VenueSettings(
            name: given.name, instruments: venue.instruments, orders: orders,
            clock: given.clock == .wall ? .wall : .venue,
            maximumClockSkew: given.maximumClockSkew, deadManSwitch: deadMan,
            isCrossMargin: configuration.account.marginMode != .isolated)
    }

    private var riskLimits: RiskLimits {
        let given = configuration.limits
        var limits = RiskLimits()
        limits.orderNotional = given.maximumOrderNotional
        limits.symbolExposure = given.maximumPositionNotional
        limits.venueExposure = given.maximumVenueNotional
        limits.totalExposure = given.maximumTotalNotional
        // As a share: 1.5 allows positions worth one and a half times the equity.
        limits.accountLeverage = given.maximumLeverage.map { Rate(units: Int64(clamping: $0.units / 1_000_000_000)) }
        limits.marginLeft = given.minimumMarginLeft
        limits.priceCollar = given.priceCollar
        limits.ordersPerMinute = Int(clamping: given.maximumOrdersPerMinute)
        limits.openOrders = Int(clamping: given.maximumOpenOrders)
        limits.dailyLoss = given.dailyLoss
        for market in trading.markets {
            guard let most = given.maximumOrderQuantity(of: market.resolved),
                let units = try? DecimalText.parse(
                    most.description, decimals: market.instrument.quantityDecimals, as: Int64.self)
            else { continue }
            limits.orderQuantity[market.instrument.id] = Quantity(units: units)
        }
        return limits
    }

    private func tighten(_ limits: inout RiskLimits) {
        let given = configuration.limits.deMinimis
        limits.deMinimis = RiskLimits.DeMinimis(
            position: given.maximumPositionNotional, total: given.maximumTotalNotional)
        limits.ordersPerMinute = min(
            limits.ordersPerMinute ?? .max, Int(clamping: given.maximumOrdersPerMinute))
        limits.dailyLoss = min(limits.dailyLoss ?? given.dailyLoss, given.dailyLoss)
    }

    /// What stands in the way of this mode, one sentence each.
    var obstacles: [String] {
        var found: [String] = []
        let limits = configuration.limits
        if mode == .live {
            found += limits.missingForLive.map { "limits.\($0) is not set: live trading needs it." }
        }
        found += riskLimits.problems.map { "limits: \($0)" }
        for venue in venues where mode.readsAccount {
            let missing =
                mode == .dryRun
                ? (venue.settings.account == nil ? ["account"] : []) : venue.settings.missingForOrders
            found += missing.map { "venues.\(venue.settings.name).\($0) is not set: \(mode.rawValue) mode needs it." }
        }
        return found
    }
}

// MARK: - Venues

extension TradeAssembly {
    /// What the journal keeps of the venues' markets.
    var marketRecords: [SessionStart.Venue] {
        venues.map { SessionStart.Venue(name: $0.settings.name, markets: HyperliquidMarket.record($0.markets)) }
    }

    /// - Parameters:
    ///   - keys: By the venues' names.
    ///   - used: What was asked of them before, in monotonic time, by their names.
    func connectors(
        keys: [String: PrivateKey], lastNonce: UInt64, used: [String: [(weight: Int, time: TimeSpan)]], seed: UInt64
    ) throws(CommandFailure) -> [any VenueConnector] {
        var connectors: [any VenueConnector] = []
        let shares = try Self.shares(venues.map(\.settings))
        if let place = shares.tooSmall.first {
            throw .failed(
                "venues.\(venues[place].settings.name) is one of \(shares.counts[place]) at one server, and its share of the "
                    + "requests that a network address may make (\(shares.weights[place]) a minute) is too small to read the "
                    + "account with: use fewer, or raise rate_limit where the server allows more.")
        }
        for (place, venue) in venues.enumerated() {
            let given = venue.settings
            let pairs = zip(venue.instruments, venue.markets)
            var addresses: (account: EthereumAddress?, vault: EthereumAddress?) = (nil, nil)
            do throws(AddressError) {
                addresses.account = try given.account.map { text throws(AddressError) in
                    try EthereumAddress(parsing: text)
                }
                addresses.vault = try given.vaultAddress.map { text throws(AddressError) in
                    try EthereumAddress(parsing: text)
                }
            } catch { throw .failed("venues.\(given.name): \(error)") }
            var configuration = HyperliquidConnector.Configuration(
                markets: pairs.map { HyperliquidConnector.Market(instrument: instruments[$0.index], $1) },
                assets: trading.assets.names.enumerated().map { ($0.element, AssetID(index: $0.offset)) },
                account: mode.readsAccount ? addresses.vault ?? addresses.account : nil,
                signer: keys[given.name].map {
                    HyperliquidSigner(key: $0, isMainnet: given.network == .mainnet, vault: addresses.vault)
                }, timeframes: [given.candles], streams: [.book, .trades, .quotes, .contexts])
            configuration.expiresAfter = given.orderExpiry
            configuration.postsActions = given.usesWebSocketOrders
            shares.apply(to: &configuration.limits, venue: place)
            configuration.usedBefore = used[given.name] ?? []
            configuration.staleAfter = given.staleAfter
            configuration.staleCandles = given.staleCandles
            configuration.clockAlarm = given.maximumClockSkew
            // A venue with a clock of its own says nothing of ours.
            if given.clock == .venue { configuration.clockEvery = nil }
            connectors.append(HyperliquidConnector(configuration, lastNonce: lastNonce, seed: seed))
        }
        return connectors
    }

    static func shares(_ venues: [Configuration.VenueSettings]) throws(CommandFailure) -> RequestShares {
        var ways: [(way: String, limit: Int)] = []
        for venue in venues {
            do throws(NetworkError) { ways.append((try venue.way(), Int(clamping: venue.rateLimit))) } catch {
                throw .failed("venues.\(venue.name): \(error)")
            }
        }
        return RequestShares(ways)
    }
}

extension HyperliquidMarket {
    /// As people name it there: a perpetual by its coin, a spot market by its pair (`@107` is `HYPE/USDC`).
    var ownName: String { isSpot ? symbol : coin }
}
