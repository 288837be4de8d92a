// SPDX-License-Identifier: Apache-2.0

import Configuration
import Execution
import MarketData
import Simulation
import Trading

/// Why a scenario file cannot be replayed.
struct ScenarioProblem: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// One golden scenario: a small market, the commands sent into it, and what must come out (Scenarios/README.md).
struct Scenario {
    struct Command {
        let after: Int64
        let action: Action
    }
    enum Action {
        /// The order, then the children of its bracket; a child's parent is named, the other fields are set.
        case submit([NamedRequest])
        case cancel(String)
        case modify(String, OrderChange)
    }
    struct NamedRequest {
        let name: String
        let parent: String?
        let group: String?
        var request: OrderRequest
    }
    struct ExpectedFill {
        let time: Timestamp
        let order: String
        let isBuy: Bool
        let price: Price
        let quantity: Quantity
        let liquidity: Liquidity?
        let fee: Amount?
    }

    let name: String
    let why: String
    let instrument: Instrument
    let assets: AssetTable
    let deposits: [Amount]
    let settings: Simulation.SimulationSettings
    let bars: BarSeries
    let finer: BarSeries?
    let commands: [Command]
    let fills: [ExpectedFill]
    let orders: [String: String]
    let position: Quantity
    let ambiguousBars: Int
    let cash: Amount?

    var account: AccountDescription {
        AccountDescription(
            assets: assets, instruments: [instrument], baseCurrency: instrument.quote,
            valuations: assets.names.indices.map {
                AssetID(index: $0) == instrument.quote ? .base : .multiplied(by: instrument.id)
            })
    }
}

// MARK: - Reading

extension Scenario {
    init(contentsOfFile path: String) throws {
        let root = try ConfigurationDocument(contentsOfFile: path).root
        name = try root.text("name")
        why = try root.text("why")

        let balances = root["balances"]?.entries ?? []
        var amounts = [("USDT", try Amount(parsing: "100000"))]
        if !balances.isEmpty {
            amounts = try balances.map { ($0.key, try Amount(parsing: $0.value.scalar?.text ?? "")) }
        }
        let assets = AssetTable(names: ["BTC", "USDT"] + amounts.map(\.0))
        self.assets = assets
        deposits = assets.names.map { name in amounts.first { $0.0 == name }?.1 ?? .zero }

        let description = root["instrument"]
        let instrument = try Self.instrument(description, assets)
        self.instrument = instrument
        settings = try Self.settings(root["simulation"], instrument)
        bars = try Self.bars(root["bars"], try root["timeframe"]?.plain() ?? "1m", instrument)
        finer = try root["finer"].map { try Self.bars($0["bars"], try $0.text("timeframe"), instrument) }
        commands = try (root["commands"]?.elements ?? []).map { node in
            Command(
                after: try node.integer("after"), action: try Self.action(node, instrument))
        }
        guard let expect = root["expect"] else { throw ScenarioProblem("\(path) expects nothing") }
        fills = try (expect["fills"]?.elements ?? []).map { node in
            ExpectedFill(
                time: try node.seconds("time"), order: try node.text("order"), isBuy: try node.text("side") == "buy",
                price: try node.price("price", instrument), quantity: try node.quantity("quantity", instrument),
                liquidity: node["liquidity"].map { $0.scalar?.text == "maker" ? .maker : .taker },
                fee: try node["fee"].map { try Amount(parsing: try $0.plain()) })
        }
        orders = Dictionary(
            uniqueKeysWithValues: (expect["orders"]?.entries ?? []).map { ($0.key, $0.value.scalar?.text ?? "") })
        position = try expect.quantity("position", instrument)
        ambiguousBars = Int(try expect.integer("ambiguous_bars"))
        cash = try expect["cash"].map { try Amount(parsing: try $0.plain()) }
    }

    private static func instrument(_ node: ConfigurationNode?, _ assets: AssetTable) throws -> Instrument {
        func text(_ key: String, _ otherwise: String) throws -> String { try node?[key]?.plain() ?? otherwise }
        let priceDecimals = Int(try text("price_decimals", "2")) ?? 2
        let quantityDecimals = Int(try text("quantity_decimals", "3")) ?? 3
        guard let base = assets.id(named: "BTC"), let quote = assets.id(named: "USDT") else {
            throw ScenarioProblem("the assets are BTC and USDT")
        }
        let kind: InstrumentKind
        switch try text("kind", "linear_perpetual") {
        case "spot": kind = .spot
        case "linear_perpetual": kind = .linearPerpetual
        case let other: throw ScenarioProblem("the kind \(other) is not known")
        }
        return try Instrument(
            id: InstrumentID(0), symbol: "BTC-USDT", venue: "test", kind: kind, base: base, quote: quote,
            settlement: quote, priceDecimals: priceDecimals,
            quantityDecimals: quantityDecimals,
            rules: [
                (
                    .distantPast,
                    TradingRules(
                        tick: .uniform(
                            step: try DecimalText.parse(try text("tick_size", "0.01"), decimals: priceDecimals)),
                        lot: try DecimalText.parse(try text("lot_size", "0.001"), decimals: quantityDecimals),
                        minimumQuantity: Quantity(
                            units: try DecimalText.parse(try text("minimum_quantity", "0"), decimals: quantityDecimals)),
                        minimumNotional: try Amount(parsing: try text("minimum_notional", "0")),
                        makerFee: try Rate(parsing: try text("maker_fee", "0")),
                        takerFee: try Rate(parsing: try text("taker_fee", "0")))
                )
            ])
    }

    private static func settings(
        _ node: ConfigurationNode?, _ instrument: Instrument
    ) throws -> Simulation.SimulationSettings {
        var settings = Simulation.SimulationSettings()
        func text(_ key: String) throws -> String? { try node?[key]?.plain() }
        if let latency = try text("latency") {
            guard let span = DurationText.parse(latency) else { throw ScenarioProblem("latency \(latency)") }
            settings.latency = span
        }
        if try text("fill") == "same_close" { settings.latency = .zero }
        if let policy = try text("intrabar") {
            guard let known = IntrabarPolicy(rawValue: policy) else { throw ScenarioProblem("intrabar \(policy)") }
            settings.intrabar = known
        }
        let limit = try text("volume_limit") ?? "none"
        settings.volumeLimit = limit == "none" ? nil : try Rate(parsing: limit)
        settings.fillsLimitsOnTouch = try text("limit_touch") != "through"
        if let slippage = node?["slippage"] {
            switch try slippage.text("model") {
            case "constant":
                let ticks = try slippage["ticks"].map { try $0.plain() } ?? "0"
                guard case .uniform(let step) = instrument.rules[0].rules.tick, let count = Int64(ticks) else {
                    throw ScenarioProblem("slippage ticks")
                }
                let percent = try Rate(parsing: try slippage["percent"].map { try $0.plain() } ?? "0")
                settings.slippage = .constant(
                    distance: PriceDistance(units: step * count), share: Rate(units: percent.units / 100))
            case "volume_share":
                settings.slippage = .volumeShare(impact: Double(try slippage.text("impact")) ?? .nan)
            case "square_root":
                settings.slippage = .squareRoot(
                    impact: Double(try slippage.text("impact")) ?? .nan,
                    window: Int(try slippage.integer("volatility_window")))
            case "none": break
            case let other: throw ScenarioProblem("slippage \(other)")
            }
        }
        return settings
    }

    private static func bars(
        _ node: ConfigurationNode?, _ timeframe: String, _ instrument: Instrument
    ) throws -> BarSeries {
        let timeframe = try Timeframe(parsing: timeframe)
        let bars = try (node?.elements ?? []).map { row in
            let cells = try row.elements.map { try $0.plain() }
            guard cells.count == 6, let k = Int64(cells[0]) else { throw ScenarioProblem("a bar has six cells") }
            func price(_ index: Int) throws -> Price {
                Price(units: try DecimalText.parse(cells[index], decimals: instrument.priceDecimals))
            }
            return Bar(
                openTime: Timestamp(nanoseconds: k * timeframe.nanoseconds), open: try price(1), high: try price(2),
                low: try price(3), close: try price(4),
                volume: Quantity(units: try DecimalText.parse(cells[5], decimals: instrument.quantityDecimals)))
        }
        return try BarSeries(
            bars, timeframe: timeframe, priceDecimals: instrument.priceDecimals,
            quantityDecimals: instrument.quantityDecimals)
    }

    private static func action(_ node: ConfigurationNode, _ instrument: Instrument) throws -> Action {
        if let fields = node["submit"] { return .submit(try requests(fields, instrument)) }
        if let fields = node["modify"] {
            return .modify(
                try fields.text("id"),
                OrderChange(
                    quantity: try fields.optionalQuantity("quantity", instrument),
                    limit: try fields.optionalPrice("price", instrument),
                    trigger: try fields.optionalPrice("trigger", instrument),
                    trail: try fields["trail"].map { try trail($0, instrument) }))
        }
        return .cancel(try node.text("cancel"))
    }

    private static func trail(_ node: ConfigurationNode, _ instrument: Instrument) throws -> TrailingDistance {
        if let distance = try node.optionalPrice("distance", instrument) {
            return .absolute(PriceDistance(units: distance.units))
        }
        return .share(Rate(units: try Rate(parsing: try node.text("percent")).units / 100))
    }

    private static func requests(_ node: ConfigurationNode, _ instrument: Instrument) throws -> [NamedRequest] {
        let types: [String: OrderType] = [
            "market": .market, "limit": .limit, "stop": .stop, "stop_limit": .stopLimit, "take_profit": .takeProfit,
            "take_profit_limit": .takeProfitLimit, "trailing_stop": .trailingStop,
        ]
        let forces: [String: TimeInForce] = [
            "gtc": .goodTilCancelled, "ioc": .immediateOrCancel, "fok": .fillOrKill, "gtd": .goodTilDate,
        ]
        guard let type = types[try node.text("type")],
            let force = forces[try node["time_in_force"]?.plain() ?? "gtc"]
        else { throw ScenarioProblem("type or time in force") }
        let name = try node.text("id")
        let side: Side = try node.text("side") == "buy" ? .buy : .sell
        let request = OrderRequest(
            instrument: instrument.id, side: side, type: type, quantity: try node.quantity("quantity", instrument),
            limit: try node.optionalPrice("price", instrument),
            trigger: try node.optionalPrice("trigger", instrument).map { .price($0) },
            trail: try node["trail"].map { try trail($0, instrument) },
            activation: try node.optionalPrice("activation", instrument), timeInForce: force,
            expires: node["expires"] == nil ? nil : try node.seconds("expires"),
            isPostOnly: try node["post_only"]?.plain() == "true",
            isReduceOnly: try node["reduce_only"]?.plain() == "true")
        var all = [NamedRequest(name: name, parent: nil, group: try node["oco"]?.plain(), request: request)]
        guard let bracket = node["bracket"] else { return all }
        func child(_ suffix: String, _ type: OrderType, trigger: OrderLevel?, trail: TrailingDistance? = nil) {
            all.append(
                NamedRequest(
                    name: "\(name).\(suffix)", parent: name, group: nil,
                    request: OrderRequest(
                        instrument: instrument.id, side: side.opposite, type: type, quantity: .zero, trigger: trigger,
                        trail: trail, isReduceOnly: true)))
        }
        for (suffix, type, sign) in [
            ("stop_loss", OrderType.stop, -side.sign), ("take_profit", OrderType.takeProfit, side.sign),
        ] {
            if let level = try bracket.optionalPrice(suffix, instrument) { child(suffix, type, trigger: .price(level)) }
            if let percent = bracket["\(suffix)_percent"] {
                let rate = try Rate(parsing: try percent.plain())
                child(suffix, type, trigger: .fromEntry(Rate(units: rate.units / 100 * sign)))
            }
        }
        if let trailing = bracket["trailing"] {
            child("trailing", .trailingStop, trigger: nil, trail: try trail(trailing, instrument))
        }
        return all
    }
}

extension ConfigurationNode {
    fileprivate func plain() throws -> String {
        guard let text = scalar?.text else { throw ScenarioProblem("\(location): a plain value is expected") }
        return text
    }

    fileprivate func integer() throws -> Int64 {
        guard let value = Int64(try plain()) else { throw ScenarioProblem("\(location): a whole number is expected") }
        return value
    }

    fileprivate func text(_ key: String) throws -> String {
        guard let node = self[key] else { throw ScenarioProblem("\(location): '\(key)' is missing") }
        return try node.plain()
    }

    fileprivate func integer(_ key: String) throws -> Int64 {
        guard let node = self[key] else { throw ScenarioProblem("\(location): '\(key)' is missing") }
        return try node.integer()
    }

    fileprivate func seconds(_ key: String) throws -> Timestamp {
        Timestamp(nanoseconds: try DecimalText.parse(try text(key), decimals: 9))
    }

    fileprivate func price(_ key: String, _ instrument: Instrument) throws -> Price {
        Price(units: try DecimalText.parse(try text(key), decimals: instrument.priceDecimals))
    }

    fileprivate func optionalPrice(_ key: String, _ instrument: Instrument) throws -> Price? {
        self[key] == nil ? nil : try price(key, instrument)
    }

    fileprivate func quantity(_ key: String, _ instrument: Instrument) throws -> Quantity {
        Quantity(units: try DecimalText.parse(try text(key), decimals: instrument.quantityDecimals))
    }

    fileprivate func optionalQuantity(_ key: String, _ instrument: Instrument) throws -> Quantity? {
        self[key] == nil ? nil : try quantity(key, instrument)
    }
}
