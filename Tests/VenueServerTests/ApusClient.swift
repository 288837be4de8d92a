// SPDX-License-Identifier: Apache-2.0

import Cryptography
import Execution
import Hyperliquid
import Networking
import Testing
import Trading
import VenueInterface

@testable import Risk

/// The connector of Apus on real sockets, at a venue of its own.
final class ApusClient {
    static let bitcoin = InstrumentID(0)
    static let dollar = AssetID(2)

    let loop: EventLoop
    private(set) var connector: HyperliquidConnector
    private let transport: VenueTransport
    private let recorder: TrafficRecorder?
    private let venue: ChildProcess
    private var timer: LoopTimer?
    private(set) var events: [VenueEvent] = []

    static func configuration() throws -> HyperliquidConnector.Configuration {
        func perpetual(_ id: InstrumentID, _ name: String, size: Int) throws -> Instrument {
            try Instrument(
                id: id, symbol: "\(name)/USDC:USDC", venue: "hyperliquid", kind: .linearPerpetual,
                base: AssetID(id.rawValue), quote: dollar, settlement: dollar, priceDecimals: 6 - size,
                quantityDecimals: size,
                rules: [(.distantPast, TradingRules(tick: .significant(digits: 5, decimals: 6 - size)))])
        }
        // Nobody's key.
        let key = try PrivateKey(parsing: "0x" + String(repeating: "5a", count: 32))
        return HyperliquidConnector.Configuration(
            markets: [
                .init(instrument: try perpetual(bitcoin, "BTC", size: 5), coin: "BTC", asset: 0),
                .init(instrument: try perpetual(InstrumentID(1), "ETH", size: 4), coin: "ETH", asset: 1),
            ],
            assets: [("BTC", AssetID(0)), ("ETH", AssetID(1)), ("USDC", dollar)], account: key.address,
            signer: HyperliquidSigner(key: key, isMainnet: false), timeframes: [.oneMinute],
            streams: [.book, .trades, .quotes])
    }

    init(
        options: [String] = [], recording: String? = nil,
        _ change: (inout HyperliquidConnector.Configuration) -> Void = { _ in }
    ) throws {
        var configuration = try Self.configuration()
        change(&configuration)
        let account = try #require(configuration.account)
        venue = try ChildProcess(
            [
                venuesim, "hyperliquid", "--json", "--stop-after", "60", "--symbols", "BTC=42100,ETH=2000",
                "--wall-times", "--no-limits", "--account", "\(account)=10000",
            ] + options)
        let address = try venue.address()
        loop = try EventLoop()
        recorder = try recording.map { path throws(NetworkError) in try TrafficRecorder(path: path) }
        transport = try VenueTransport(
            endpoint: VenueEndpoint(
                rest: try ServerAddress(parsing: address),
                stream: try ServerAddress(parsing: "ws" + address.dropFirst(4)), proxy: .none),
            loop: loop, recorder: recorder)
        connector = HyperliquidConnector(configuration, seed: 1)
        transport.handler = { [unowned self] input, now in feed(input, at: now) }
        let now = EventLoop.now
        recorder?.record(.start, at: now)
        feed(.start, at: now)
    }

    deinit { transport.close() }

    private func feed(_ input: ConnectorInput, at now: Moment) {
        act(at: now) { connector, now, outputs in connector.handle(input, at: now, into: &outputs) }
    }

    func act(
        at now: Moment = EventLoop.now, _ body: (inout HyperliquidConnector, Moment, inout [ConnectorOutput]) -> Void
    ) {
        var outputs: [ConnectorOutput] = []
        body(&connector, now, &outputs)
        for output in outputs {
            if case .event(let event) = output { events.append(event) } else { transport.perform(output) }
        }
        if let timer { loop.cancel(timer) }
        timer = connector.nextWake.map { wake in
            loop.schedule(at: wake) { [unowned self] in
                let now = EventLoop.now
                recorder?.record(.wake, at: now)
                feed(.wake, at: now)
            }
        }
    }

    /// Serves until an event comes that is wanted, and gives it; `nil` after fifteen seconds.
    func wait<Value>(for wanted: (VenueEvent) -> Value?) -> Value? {
        var isLate = false
        let limit = loop.schedule(at: EventLoop.now.monotonic + .seconds(15)) { isLate = true }
        defer { loop.cancel(limit) }
        while !isLate {
            while !events.isEmpty {
                if let value = wanted(events.removeFirst()) { return value }
            }
            loop.runOnce()
        }
        return nil
    }

    func isUp() -> Bool { wait { $0 == .linkUp ? true : nil } ?? false }

    // MARK: Orders

    static func client(_ number: UInt64) -> ClientOrderID { ClientOrderID(instance: 9, order: OrderID(number)) }

    static func ticket(
        _ number: UInt64, _ side: Side = .buy, _ type: OrderType = .limit, limit: Int64, trigger: Int64? = nil,
        isReduceOnly: Bool = false
    ) -> OrderTicket {
        OrderTicket(
            client: client(number), instrument: bitcoin, side: side, type: type, quantity: Quantity(units: 1_000),
            limit: Price(units: limit), trigger: trigger.map { Price(units: $0) }, isReduceOnly: isReduceOnly)
    }

    /// What came of each order.
    func place(_ tickets: [OrderTicket], _ grouping: TicketGrouping = .none) -> [PlaceOutcome] {
        act { $0.place(ApprovedOrders(checked: tickets, grouping: grouping), at: $1, into: &$2) }
        return tickets.compactMap { ticket in
            wait { if case .placed(ticket.client, let outcome) = $0 { outcome } else { nil } }
        }
    }

    func modify(_ ticket: OrderTicket, _ order: VenueOrderID) -> ModifyOutcome? {
        act {
            $0.modify(ApprovedChange(checked: ModifyTicket(venueOrder: order, order: ticket)), at: $1, into: &$2)
        }
        return wait { if case .modified(ticket.client, let outcome) = $0 { outcome } else { nil } }
    }

    func cancel(_ number: UInt64) -> CancelOutcome? {
        let ticket = CancelTicket(client: Self.client(number), venueOrder: nil, instrument: Self.bitcoin)
        act { $0.cancel([ticket], at: $1, into: &$2) }
        return wait { if case .cancelled(ticket.client, let outcome) = $0 { outcome } else { nil } }
    }

    func query(_ number: UInt64) -> StatusOutcome? {
        act { $0.query(Self.client(number), at: $1, into: &$2) }
        return wait { if case .status(Self.client(number), let outcome) = $0 { outcome } else { nil } }
    }

    func snapshot() -> AccountSnapshot? {
        act { $0.requestSnapshot(since: Timestamp(seconds: 1_600_000_000), at: $1, into: &$2) }
        return wait { if case .snapshot(let snapshot) = $0 { snapshot } else { nil } }
    }
}
