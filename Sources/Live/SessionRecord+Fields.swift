// SPDX-License-Identifier: Apache-2.0

import Execution
import Journal
import MarketData
import Strategies
import Trading

extension RecordWriter {
    mutating func amount(_ value: Amount) { integer(value.units) }

    mutating func client(_ value: ClientOrderID) {
        integer(value.high)
        integer(value.low)
    }

    mutating func start(_ start: SessionStart) {
        text(start.version)
        text(start.mode.rawValue)
        integer(start.instance)
        time(start.startedAt)
        text(start.configuration)
        list(start.venues) { writer, venue in
            writer.text(venue.name)
            writer.text(venue.markets)
        }
        list(start.deposits) { $0.amount($1) }
    }

    mutating func bars(_ close: Timestamp, _ bars: [InstrumentBar]) {
        time(close)
        list(bars) { writer, bar in
            writer.varint(UInt64(bar.instrument.rawValue))
            writer.time(bar.bar.openTime)
            for price in [bar.bar.open, bar.bar.high, bar.bar.low, bar.bar.close] { writer.integer(price.units) }
            writer.integer(bar.bar.volume.units)
        }
    }

    mutating func input(_ input: DecisionInput) {
        switch input {
        case .history(let close, let bars):
            integer(UInt8(0))
            self.bars(close, bars)
        case .instant(let instant):
            integer(UInt8(1))
            flag(instant.acts)
            bars(instant.close, instant.bars)
            list(instant.funding) { writer, due in
                writer.integer(due.instrument.rawValue)
                writer.time(due.time)
                writer.double(due.rate)
            }
        case .report(let report, let venue):
            integer(UInt8(2))
            count(venue)
            self.report(report)
        case .leave(let time, let closesPositions):
            integer(UInt8(3))
            self.time(time)
            flag(closesPositions)
        case .command(let command, let time):
            integer(UInt8(6))
            self.time(time)
            switch command {
            case .setFeature(let name, let isOn):
                integer(UInt8(0))
                text(name)
                flag(isOn)
            case .resumeTrading: integer(UInt8(1))
            case .setStrategy(let index, let isOn):
                integer(UInt8(2))
                varint(UInt64(index))
                flag(isOn)
            }
        case .paperOrders(let refused):
            integer(UInt8(4))
            list(refused) { writer, refusal in
                writer.integer(refusal.order.rawValue)
                writer.integer(refusal.reason.rawValue)
            }
        case .external(let arrivals):
            integer(UInt8(5))
            list(arrivals) { writer, arrival in
                writer.count(arrival.series)
                writer.time(arrival.observation.valueTime)
                writer.time(arrival.observation.knownAt)
                writer.double(arrival.observation.value)
            }
        case .stalled(let tasks):
            integer(UInt8(7))
            list(tasks) { $0.integer($1.number) }
        }
    }

    mutating func command(_ command: OrderCommand) {
        integer(command.order.rawValue)
        integer(command.strategy.rawValue)
        integer(command.instrument.rawValue)
        time(command.sentAt)
        switch command.command {
        case .submit(let request):
            integer(UInt8(0))
            self.request(request)
        case .cancel: integer(UInt8(1))
        case .modify(let change):
            integer(UInt8(2))
            optional(change.quantity) { $0.integer($1.units) }
            optional(change.limit) { $0.integer($1.units) }
            optional(change.trigger) { $0.integer($1.units) }
            optional(change.trail) { $0.trail($1) }
        }
    }

    private mutating func trail(_ trail: TrailingDistance) {
        switch trail {
        case .absolute(let distance):
            integer(UInt8(0))
            integer(distance.units)
        case .share(let rate):
            integer(UInt8(1))
            integer(rate.units)
        }
    }

    private mutating func request(_ request: OrderRequest) {
        integer(request.instrument.rawValue)
        integer(request.group)
        integer(request.side.rawValue)
        integer(request.type.rawValue)
        integer(request.timeInForce.rawValue)
        flag(request.isPostOnly)
        flag(request.isReduceOnly)
        integer(request.quantity.units)
        optional(request.limit) { $0.integer($1.units) }
        optional(request.trigger) { writer, level in
            switch level {
            case .price(let price):
                writer.integer(UInt8(0))
                writer.integer(price.units)
            case .fromEntry(let rate):
                writer.integer(UInt8(1))
                writer.integer(rate.units)
            }
        }
        optional(request.trail) { $0.trail($1) }
        optional(request.activation) { $0.integer($1.units) }
        optional(request.expires) { $0.time($1) }
        integer(request.parent.rawValue)
    }

    mutating func report(_ report: VenueReport) {
        switch report {
        case .order(let report):
            integer(UInt8(0))
            integer(report.order.rawValue)
            time(report.time)
            integer(report.event.rawValue)
            integer(report.reason.rawValue)
            optional(report.quantity) { $0.integer($1.units) }
            optional(report.limit) { $0.integer($1.units) }
            optional(report.trigger) { $0.integer($1.units) }
        case .fill(let fill, let circumstances):
            integer(UInt8(1))
            integer(fill.order.rawValue)
            integer(fill.trade.rawValue)
            time(fill.time)
            integer(fill.instrument.rawValue)
            integer(fill.strategy)
            integer(fill.quantity.units)
            integer(fill.price.units)
            amount(fill.fee)
            integer(fill.liquidity.rawValue)
            integer(fill.reason.rawValue)
            flag(circumstances.isReducing)
            integer(circumstances.met.units)
        case .funding(let payment):
            integer(UInt8(2))
            integer(payment.instrument.rawValue)
            integer(payment.strategy.rawValue)
            time(payment.time)
            amount(payment.amount)
        case .coveredLoss(let asset, let amount, let time):
            integer(UInt8(3))
            integer(asset.rawValue)
            self.amount(amount)
            self.time(time)
        case .transfer(let payment):
            integer(UInt8(4))
            integer(payment.asset.rawValue)
            amount(payment.amount)
            time(payment.time)
            integer(payment.reference)
        case .fee(let payment):
            integer(UInt8(5))
            integer(payment.asset.rawValue)
            amount(payment.amount)
            integer(payment.strategy.rawValue)
            integer(payment.trade.rawValue)
            time(payment.time)
        case .holding(let change):
            integer(UInt8(6))
            integer(change.order.rawValue)
            integer(change.instrument.rawValue)
            integer(change.strategy.rawValue)
            integer(change.quantity.units)
            time(change.time)
            integer(change.reason.rawValue)
        }
    }

    mutating func ticket(_ ticket: OrderTicket) {
        client(ticket.client)
        integer(ticket.instrument.rawValue)
        integer(ticket.side.rawValue)
        integer(ticket.type.rawValue)
        integer(ticket.timeInForce.rawValue)
        flag(ticket.isPostOnly)
        flag(ticket.isReduceOnly)
        integer(ticket.quantity.units)
        integer(ticket.limit.units)
        optional(ticket.trigger) { $0.integer($1.units) }
    }

    mutating func operatorCommand(_ command: OperatorCommand) {
        switch command {
        case .pause: integer(UInt8(0))
        case .resume: integer(UInt8(1))
        case .drain: integer(UInt8(2))
        case .stop: integer(UInt8(3))
        case .kill(let flattens): integer(UInt8(flattens ? 5 : 4))
        }
    }
}

extension RecordReader {
    mutating func amount() throws(RecordError) -> Amount { Amount(units: try integer()) }

    mutating func number() throws(RecordError) -> Int {
        let value = try varint()
        guard let number = Int(exactly: value), number < 1 << 32 else { throw error("a number is \(value)") }
        return number
    }

    mutating func client() throws(RecordError) -> ClientOrderID {
        ClientOrderID(high: try integer(), low: try integer())
    }

    mutating func venueOrder() throws(RecordError) -> VenueOrderID? {
        try optional { reader throws(RecordError) in VenueOrderID(try reader.text()) }
    }

    /// A value of a type that has few of them.
    mutating func choice<Value: RawRepresentable<UInt8>>() throws(RecordError) -> Value {
        let raw: UInt8 = try integer()
        guard let value = Value(rawValue: raw) else { throw error("\(Value.self) has no value \(raw)") }
        return value
    }

    private mutating func variant(below count: UInt8) throws(RecordError) -> UInt8 {
        let value: UInt8 = try integer()
        guard value < count else { throw error("a variant is \(value)") }
        return value
    }

    private mutating func price() throws(RecordError) -> Price { Price(units: try integer()) }
    private mutating func quantity() throws(RecordError) -> Quantity { Quantity(units: try integer()) }
    private mutating func optionalPrice() throws(RecordError) -> Price? {
        try optional { reader throws(RecordError) in try reader.price() }
    }
    private mutating func optionalQuantity() throws(RecordError) -> Quantity? {
        try optional { reader throws(RecordError) in try reader.quantity() }
    }

    mutating func start() throws(RecordError) -> SessionStart {
        let version = try text()
        let modeText = try text()
        guard let mode = SessionMode(rawValue: modeText) else { throw error("the mode is '\(modeText)'") }
        return SessionStart(
            version: version, mode: mode, instance: try integer(), startedAt: try time(), configuration: try text(),
            venues: try list { reader throws(RecordError) in
                SessionStart.Venue(name: try reader.text(), markets: try reader.text())
            }, deposits: try list { reader throws(RecordError) in try reader.amount() })
    }

    private mutating func bars() throws(RecordError) -> [InstrumentBar] {
        try list { reader throws(RecordError) in
            let instrument = try reader.varint()
            guard let instrument = UInt32(exactly: instrument) else { throw reader.error("no such instrument") }
            return InstrumentBar(
                InstrumentID(instrument),
                Bar(
                    openTime: try reader.time(), open: try reader.price(), high: try reader.price(),
                    low: try reader.price(), close: try reader.price(), volume: try reader.quantity()))
        }
    }

    mutating func input() throws(RecordError) -> DecisionInput {
        switch try variant(below: 8) {
        case 0: .history(close: try time(), try bars())
        case 1:
            .instant(try instant())
        case 2: try venueReport()
        case 3: .leave(at: try time(), closesPositions: try flag())
        case 4:
            .paperOrders(
                refused: try list { reader throws(RecordError) in
                    PaperRefusal(OrderID(try reader.integer()), try reader.choice())
                })
        case 5:
            .external(
                try list { reader throws(RecordError) in
                    ExternalArrival(
                        series: try reader.number(),
                        ExternalObservation(
                            valueTime: try reader.time(), knownAt: try reader.time(), value: try reader.double()))
                })
        case 6: try engineCommand()
        default:
            .stalled(
                try list { reader throws(RecordError) in BackgroundTaskID(number: try reader.integer()) })
        }
    }

    private mutating func engineCommand() throws(RecordError) -> DecisionInput {
        let time = try time()
        switch try variant(below: 3) {
        case 0: return .command(.setFeature(try text(), isOn: try flag()), at: time)
        case 2: return .command(.setStrategy(try number(), isOn: try flag()), at: time)
        default: return .command(.resumeTrading, at: time)
        }
    }

    private mutating func venueReport() throws(RecordError) -> DecisionInput {
        let venue = try number()
        return .report(try report(), venue: venue)
    }

    private mutating func instant() throws(RecordError) -> ClosedInstant {
        let acts = try flag()
        let close = try time()
        let bars = try bars()
        let funding = try list { reader throws(RecordError) in
            let instrument = InstrumentID(try reader.integer())
            return DueFunding(instrument, at: try reader.time(), rate: try reader.double())
        }
        return ClosedInstant(close: close, bars: bars, funding: funding, acts: acts)
    }

    mutating func command() throws(RecordError) -> OrderCommand {
        let order = OrderID(try integer())
        let strategy = StrategyID(try integer())
        let instrument = InstrumentID(try integer())
        let time = try time()
        let command: VenueCommand
        switch try variant(below: 3) {
        case 0: command = .submit(try request())
        case 1: command = .cancel
        default:
            command = .modify(
                OrderChange(
                    quantity: try optionalQuantity(), limit: try optionalPrice(), trigger: try optionalPrice(),
                    trail: try optional { reader throws(RecordError) in try reader.trail() }))
        }
        return OrderCommand(order: order, strategy: strategy, instrument: instrument, sentAt: time, command: command)
    }

    private mutating func trail() throws(RecordError) -> TrailingDistance {
        switch try variant(below: 2) {
        case 0: .absolute(PriceDistance(units: try integer()))
        default: .share(Rate(units: try integer()))
        }
    }

    private mutating func request() throws(RecordError) -> OrderRequest {
        let instrument = InstrumentID(try integer())
        let group: OrderGroup = try integer()
        let side: Side = try choice()
        let type: OrderType = try choice()
        let timeInForce: TimeInForce = try choice()
        let isPostOnly = try flag()
        let isReduceOnly = try flag()
        let quantity = try quantity()
        let limit = try optionalPrice()
        let trigger = try optional { reader throws(RecordError) -> OrderLevel in
            switch try reader.variant(below: 2) {
            case 0: .price(try reader.price())
            default: .fromEntry(Rate(units: try reader.integer()))
            }
        }
        let trail = try optional { reader throws(RecordError) in try reader.trail() }
        let activation = try optionalPrice()
        let expires = try optional { reader throws(RecordError) in try reader.time() }
        return OrderRequest(
            instrument: instrument, side: side, type: type, quantity: quantity, limit: limit, trigger: trigger,
            trail: trail, activation: activation, timeInForce: timeInForce, expires: expires, isPostOnly: isPostOnly,
            isReduceOnly: isReduceOnly, group: group, parent: OrderID(try integer()))
    }

    mutating func report() throws(RecordError) -> VenueReport {
        switch try variant(below: 7) {
        case 0:
            return .order(
                OrderReport(
                    order: OrderID(try integer()), time: try time(), event: try choice(), reason: try choice(),
                    quantity: try optionalQuantity(), limit: try optionalPrice(), trigger: try optionalPrice()))
        case 1:
            let order = OrderID(try integer())
            let trade = TradeID(try integer())
            let time = try time()
            let instrument = InstrumentID(try integer())
            let strategy: UInt16 = try integer()
            let fill = Fill(
                order: order, trade: trade, time: time, instrument: instrument,
                strategy: StrategyID(UInt32(strategy)), quantity: try quantity(), price: try price(),
                fee: try amount(), liquidity: try choice(), reason: try choice())
            return .fill(fill, FillCircumstances(isReducing: try flag(), met: try price()))
        case 2:
            return .funding(
                FundingPayment(
                    instrument: InstrumentID(try integer()), strategy: StrategyID(try integer()), time: try time(),
                    amount: try amount()))
        case 3: return .coveredLoss(asset: AssetID(try integer()), amount: try amount(), time: try time())
        case 4:
            return .transfer(
                TransferPayment(
                    asset: AssetID(try integer()), amount: try amount(), time: try time(), reference: try integer()))
        case 5:
            return .fee(
                FeePayment(
                    asset: AssetID(try integer()), amount: try amount(), strategy: StrategyID(try integer()),
                    trade: TradeID(try integer()), time: try time()))
        default:
            return .holding(
                HoldingChange(
                    order: OrderID(try integer()), instrument: InstrumentID(try integer()),
                    strategy: StrategyID(try integer()), quantity: try quantity(), time: try time(),
                    reason: try choice()))
        }
    }

    mutating func ticket() throws(RecordError) -> OrderTicket {
        let client = try client()
        let instrument = InstrumentID(try integer())
        let side: Side = try choice()
        let type: OrderType = try choice()
        let timeInForce: TimeInForce = try choice()
        let isPostOnly = try flag()
        let isReduceOnly = try flag()
        return OrderTicket(
            client: client, instrument: instrument, side: side, type: type, quantity: try quantity(),
            limit: try price(), trigger: try optionalPrice(), timeInForce: timeInForce, isPostOnly: isPostOnly,
            isReduceOnly: isReduceOnly)
    }

    mutating func operatorCommand() throws(RecordError) -> OperatorCommand {
        switch try variant(below: 6) {
        case 0: .pause
        case 1: .resume
        case 2: .drain
        case 3: .stop
        case 4: .kill(flattens: false)
        default: .kill(flattens: true)
        }
    }
}
