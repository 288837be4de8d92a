// SPDX-License-Identifier: Apache-2.0

import Cryptography
import Execution
import Hyperliquid
import JSON
import Trading
import VenueInterface

@testable import Risk

/// A connector without sockets: what it asks for is looked at, and what the venue says is handed in.
struct ConnectorHarness {
    var connector: HyperliquidConnector
    var now = Moment(wall: Timestamp(seconds: 1_700_000_000), monotonic: .seconds(1_000))
    /// Since the last `take`.
    private(set) var outputs: [ConnectorOutput] = []
    private(set) var openStreams: [StreamID] = []
    private(set) var requests: [HTTPRequest] = []

    static let bitcoin = InstrumentID(0)
    static let ether = InstrumentID(1)
    static let dollar = AssetID(2)
    static let account = "0x1719884eb866cb12b2287399b15f7db5e7d775ea"
    static let secret = "0x0123456789012345678901234567890123456789012345678901234567890123"

    static func configuration(
        hasKey: Bool = true, hasAccount: Bool = true, streams: HyperliquidConnector.Streams = [.book, .trades],
        timeframes: [Timeframe] = [.oneMinute]
    ) throws -> HyperliquidConnector.Configuration {
        func perpetual(_ id: InstrumentID, _ name: String, size: Int) throws -> Instrument {
            try Instrument(
                id: id, symbol: "\(name)/USDC:USDC", venue: "hyperliquid", kind: .linearPerpetual,
                base: AssetID(id.rawValue), quote: dollar, settlement: dollar, priceDecimals: 6 - size,
                quantityDecimals: size,
                rules: [(.distantPast, TradingRules(tick: .significant(digits: 5, decimals: 6 - size)))])
        }
        let key = try PrivateKey(parsing: secret)
        return HyperliquidConnector.Configuration(
            markets: [
                .init(instrument: try perpetual(bitcoin, "BTC", size: 5), coin: "BTC", asset: 0),
                .init(instrument: try perpetual(ether, "ETH", size: 4), coin: "ETH", asset: 1),
            ],
            assets: [("BTC", AssetID(0)), ("ETH", AssetID(1)), ("USDC", dollar)],
            account: hasAccount ? try EthereumAddress(parsing: account) : nil,
            signer: hasKey ? HyperliquidSigner(key: key, isMainnet: false) : nil, timeframes: timeframes,
            streams: streams)
    }

    init(
        seed: UInt64 = 1, _ change: (inout HyperliquidConnector.Configuration) -> Void = { _ in }
    ) throws {
        var configuration = try Self.configuration()
        configuration.clockEvery = nil
        change(&configuration)
        connector = HyperliquidConnector(configuration, seed: seed)
    }

    // MARK: Driving

    mutating func input(_ input: ConnectorInput) {
        let start = outputs.count
        if case .streamClosed(let stream, _) = input { openStreams.removeAll { $0 == stream } }
        connector.handle(input, at: now, into: &outputs)
        sort(from: start)
    }

    private mutating func sort(from start: Int) {
        for output in outputs[start...] {
            switch output {
            case .openStream(let stream, _): openStreams.append(stream)
            case .closeStream(let stream): openStreams.removeAll { $0 == stream }
            case .request(let request): requests.append(request)
            case .send, .event: break
            }
        }
    }

    mutating func perform(
        _ body: (inout HyperliquidConnector, Moment, inout [ConnectorOutput]) -> Void
    ) {
        let start = outputs.count
        body(&connector, now, &outputs)
        sort(from: start)
    }

    /// Lets time pass, waking the connector whenever it wants.
    mutating func pass(_ span: TimeSpan) {
        let end = now.monotonic + span
        var wakes = 0
        while let wake = connector.nextWake, wake <= end {
            advance(to: max(wake, now.monotonic))
            input(.wake)
            wakes += 1
            precondition(wakes < 100_000, "the connector wants to be woken for ever")
        }
        advance(to: end)
    }

    private mutating func advance(to time: TimeSpan) {
        let span = TimeSpan(nanoseconds: time.nanoseconds - now.monotonic.nanoseconds)
        now = Moment(wall: now.wall + span, monotonic: time)
    }

    /// What came out since the last call.
    mutating func take() -> [ConnectorOutput] {
        defer { outputs.removeAll() }
        return outputs
    }

    mutating func takeEvents() -> [VenueEvent] {
        take().compactMap { if case .event(let event) = $0 { event } else { nil } }
    }

    // MARK: The venue

    mutating func message(_ text: String, on stream: StreamID? = nil) {
        guard let stream = stream ?? openStreams.first else { return }
        input(.message(stream, Array(text.utf8)))
    }

    /// Opens every connection and confirms every subscription.
    mutating func connect() {
        if openStreams.isEmpty { input(.start) }
        for stream in openStreams {
            input(.streamOpened(stream))
            message("Websocket connection established.", on: stream)
            confirm(on: stream)
        }
        outputs.removeAll()
    }

    mutating func confirm(on stream: StreamID) {
        for frame in frames(on: stream) where frame["method"]?.string == "subscribe" {
            let subscription = frame["subscription"]?.text ?? ""
            message(
                #"{"channel":"subscriptionResponse","data":{"method":"subscribe","subscription":\#(subscription)}}"#,
                on: stream)
        }
    }

    /// The network loses every request that has no answer yet.
    mutating func loseRequests() { requests.removeAll() }

    /// What was sent on a connection since the last `take`.
    func frames(on stream: StreamID? = nil) -> [JSONValue] {
        outputs.compactMap { output in
            guard case .send(let on, let bytes) = output, stream == nil || stream == on else { return nil }
            return try? JSON.parse(bytes)
        }
    }

    /// Requests without an answer of this type (`order`, `clearinghouseState`, …).
    func pending(_ type: String) -> [HTTPRequest] { requests.filter { Self.type(of: $0) == type } }

    static func type(of request: HTTPRequest) -> String? {
        guard let body = try? JSON.parse(request.body) else { return nil }
        return body["type"]?.string ?? body["action"]?["type"]?.string
    }

    /// Answers the oldest request of a type.
    @discardableResult
    mutating func answer(_ type: String, _ outcome: HTTPOutcome) -> HTTPRequest? {
        guard let index = requests.firstIndex(where: { Self.type(of: $0) == type }) else { return nil }
        let request = requests.remove(at: index)
        input(.answer(request.id, outcome))
        return request
    }

    @discardableResult
    mutating func answer(_ type: String, _ text: String, status: Int = 200) -> HTTPRequest? {
        answer(type, .response(status: status, body: Array(text.utf8), retryAfter: nil))
    }

    // MARK: Orders

    static func client(_ number: UInt64) -> ClientOrderID { ClientOrderID(instance: 7, order: OrderID(number)) }

    static func ticket(_ number: UInt64, isReduceOnly: Bool = false) -> OrderTicket {
        OrderTicket(
            client: client(number), instrument: bitcoin, side: .buy, type: .limit, quantity: Quantity(units: 1_000),
            limit: Price(units: 421_000), isReduceOnly: isReduceOnly)
    }

    mutating func place(_ tickets: [OrderTicket], _ grouping: TicketGrouping = .none) {
        perform { $0.place(ApprovedOrders(checked: tickets, grouping: grouping), at: $1, into: &$2) }
    }

    mutating func modify(_ ticket: OrderTicket, venueOrder: VenueOrderID? = nil) {
        perform {
            $0.modify(ApprovedChange(checked: ModifyTicket(venueOrder: venueOrder, order: ticket)), at: $1, into: &$2)
        }
    }

    mutating func cancel(_ numbers: [UInt64]) {
        let tickets = numbers.map {
            CancelTicket(client: Self.client($0), venueOrder: nil, instrument: Self.bitcoin)
        }
        perform { $0.cancel(tickets, at: $1, into: &$2) }
    }

    mutating func query(_ number: UInt64) { perform { $0.query(Self.client(number), at: $1, into: &$2) } }

    mutating func snapshot(since: Timestamp = Timestamp(seconds: 1_699_000_000)) {
        perform { $0.requestSnapshot(since: since, at: $1, into: &$2) }
    }
}
