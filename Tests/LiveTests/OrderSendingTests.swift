// SPDX-License-Identifier: Apache-2.0

import Backtest
import EngineHarness
import Execution
import Journal
import OrderManagement
import Risk
import Strategies
import Testing
import Trading
import VenueInterface

@testable import Live

/// A connector that is a plain value: it refuses every order, so that more come, and says the events of its script.
private struct RefusingConnector: VenueConnector {
    let script: [VenueEvent]
    let past: [Bar]
    let cash: [AccountSnapshot.Balance]
    var nextWake: TimeSpan? { nil }
    var capabilities: VenueCapabilities { .simulated }

    private func said(_ text: String) -> ConnectorOutput { .send(StreamID(1), Array(text.utf8)) }

    mutating func handle(_ input: ConnectorInput, at now: Moment, into outputs: inout [ConnectorOutput]) {
        if case .answer(let number, _) = input { outputs.append(.event(script[Int(number.rawValue)])) }
    }
    mutating func place(_ orders: consuming ApprovedOrders, at now: Moment, into outputs: inout [ConnectorOutput]) {
        outputs.append(said("place \(orders.tickets.map(\.client))"))
        for ticket in orders.tickets {
            outputs.append(.event(.placed(ticket.client, .rejected(.notTrading, text: "not today"))))
        }
    }
    mutating func modify(_ change: consuming ApprovedChange, at now: Moment, into outputs: inout [ConnectorOutput]) {
        outputs.append(.event(.modified(change.ticket.order.client, .done(nil))))
    }
    mutating func cancel(_ orders: [CancelTicket], at now: Moment, into outputs: inout [ConnectorOutput]) {
        outputs.append(said("cancel \(orders.map(\.client))"))
        for order in orders { outputs.append(.event(.cancelled(order.client, .done))) }
    }
    mutating func query(_ order: ClientOrderID, at now: Moment, into outputs: inout [ConnectorOutput]) {
        outputs.append(.event(.status(order, .unknown(reason: "not asked"))))
    }
    mutating func requestSnapshot(since: Timestamp, at now: Moment, into outputs: inout [ConnectorOutput]) {
        outputs.append(.event(.snapshot(AccountSnapshot(time: now.wall, balances: cash))))
    }
    mutating func requestBars(
        _ instrument: InstrumentID, _ timeframe: Timeframe, from: Timestamp, to: Timestamp, at now: Moment,
        into outputs: inout [ConnectorOutput]
    ) {
        let found = past.filter { $0.openTime >= from && $0.openTime + timeframe.span <= to }
        outputs.append(.event(.bars(instrument, timeframe, found)))
    }
    mutating func setLeverage(
        _ instrument: InstrumentID, _ leverage: Int64, isCross: Bool, at now: Moment,
        into outputs: inout [ConnectorOutput]
    ) { outputs.append(.event(.leverage(instrument, .done))) }
    mutating func setDeadManSwitch(_ time: Timestamp?, at now: Moment, into outputs: inout [ConnectorOutput]) {}
}

@Suite("The way of an order out of a session")
struct OrderSendingTests {
    /// What came of a session.
    private struct Outcome: Equatable {
        var sent: [String] = []
        var orders: [String] = []
        var buffered: [String] = []
        var rehearsed = 0
        var counters = SessionCounters()
        var fingerprint = ""
        var kinds: [UInt16] = []
        var payloads: [[UInt8]] = []
    }

    private final class Line { var outcome = Outcome() }

    private static func text(_ output: ConnectorOutput) -> String {
        if case .send(_, let bytes) = output { String(decoding: bytes, as: UTF8.self) } else { "\(output)" }
    }

    private static func play(
        seed: UInt64, mode: SessionMode = .deMinimis, hasSender: Bool = false, rehearses: Bool = false
    ) throws -> Outcome {
        let bars = Market.walk(seed: seed, count: 40)
        var world = try World([bars])
        world.add(
            Scripted { bar, context in
                switch (bar.openTime.nanoseconds / 60_000_000_000) % 4 {
                case 0: context.enter(.buy)
                case 2: context.exit()
                default: break
                }
            }, name: "s", instrument: 0)
        let input = try world.input()
        let setup = DecisionSetup(
            account: input.account, deposits: input.deposits,
            feeds: [DecisionSetup.Feed(timeframe: .oneMinute, quantityDecimals: 3, keeps: 100)],
            strategies: input.strategies, simulation: mode == .paper ? input.simulation : nil,
            start: bars[0].openTime)
        let cash = Amount(whole: 1_000_000)
        var limits = RiskLimits()
        limits.orderNotional = cash
        let settings = SessionSettings(
            mode: mode, instance: 7,
            venues: [
                VenueSettings(
                    name: setup.account.instruments[0].venue, instruments: [InstrumentID(index: 0)],
                    orders: OrderManagerSettings(instance: 7), clock: .venue, deadManSwitch: .off)
            ], limits: limits, barGrace: .seconds(3), history: .minutes(10), staleAfter: .seconds(30), shutdown: .keep)
        let script =
            [VenueEvent.linkUp]
            + bars.dropFirst(10).map { .bar(InstrumentID(index: 0), .oneMinute, $0, isClosed: true) }
        var now = Moment(wall: bars[10].openTime, monotonic: .seconds(100))
        let disk = SimulatedDisk()
        var reader = try JournalReader(disk)
        while try reader.next() != nil {}
        var session = LiveSession(
            setup: setup, settings: settings,
            start: SessionStart(
                version: "1", mode: mode, instance: 7, startedAt: now.wall, configuration: "", venues: [],
                deposits: setup.deposits),
            connectors: [
                RefusingConnector(script: script, past: bars, cash: [.init(asset: AssetID(index: 1), total: cash)])
            ], journal: try Journal(continuing: reader, JournalSettings(journalID: 5), at: now.wall),
            recovery: try SessionRecovery(setup, settings), at: now)
        let line = Line()
        if hasSender {
            session.sender = { _, output, carriesOrders in
                line.outcome.sent.append(text(output))
                if carriesOrders { line.outcome.orders.append(text(output)) }
            }
        }
        var buffer: [SessionOutput] = []
        func handle(_ input: SessionInput) {
            session.handle(input, at: now)
            session.exchangeOutputs(with: &buffer)
            for case .transport(_, let output) in buffer { line.outcome.buffered.append(text(output)) }
            guard rehearses else { return }
            session.rehearse()
            line.outcome.rehearsed += session.rehearsal.wanted.count { if case .place = $0 { true } else { false } }
        }
        handle(.start)
        for number in script.indices {
            handle(.connector(venue: 0, .answer(RequestID(UInt64(number)), .failure(.timedOut))))
            // The account is compared with the venue's, which takes some seconds.
            for _ in 0..<60 where number == 1 {
                now = Moment(wall: now.wall + .seconds(1), monotonic: now.monotonic + .seconds(1))
                handle(.wake)
            }
        }
        var outcome = line.outcome
        outcome.counters = session.counters
        outcome.fingerprint = session.report().fingerprint
        var written = try JournalReader(disk)
        while let record = try written.next() {
            outcome.kinds.append(record.kind)
            outcome.payloads.append(record.payload)
        }
        return outcome
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func aSenderGetsWhatTheOutputsWouldHoldInTheSameOrder(seed: UInt64) throws {
        let buffered = try Self.play(seed: seed)
        let direct = try Self.play(seed: seed, hasSender: true)
        #expect(buffered.buffered.count { $0.hasPrefix("place") } > 3)
        #expect(direct.sent == buffered.buffered)
        #expect(direct.buffered.isEmpty, "nothing is sent twice")
        #expect(direct.orders == buffered.buffered.filter { $0.hasPrefix("place") })
        #expect(direct.fingerprint == buffered.fingerprint && direct.payloads == buffered.payloads)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func aRehearsalLeavesNoTrace(seed: UInt64) throws {
        let plain = try Self.play(seed: seed)
        var rehearsing = try Self.play(seed: seed, rehearses: true)
        #expect(rehearsing.rehearsed > 10, "there were rehearsals")
        rehearsing.rehearsed = 0
        #expect(rehearsing == plain)
    }

    @Test func onPaperThereIsNothingToRehearse() throws {
        #expect(try Self.play(seed: 1, mode: .paper, rehearses: true).rehearsed == 0)
    }

    @Test func thePastIsShownInTheOrderOfTimeAndThenForgotten() {
        let feeds = [
            (instrument: InstrumentID(index: 0), timeframe: Timeframe.oneMinute),
            (instrument: InstrumentID(index: 1), timeframe: Timeframe.fiveMinutes),
        ]
        func bar(_ minute: Int64) -> Bar {
            Bar(
                openTime: Timestamp(nanoseconds: minute * 60_000_000_000), open: Price(units: 1), high: Price(units: 1),
                low: Price(units: 1), close: Price(units: 1), volume: Quantity(units: 1))
        }
        var past = PastBars(feeds: feeds)
        past.add([3, 4, 5, 9].map(bar), of: InstrumentID(index: 0))
        past.add([0, 5].map(bar), of: InstrumentID(index: 1))
        var shown: [String] = []
        while let instant = past.next() {
            let bars = instant.bars.map { "\($0.instrument.index)@\($0.bar.openTime.nanoseconds / 60_000_000_000)" }
            shown.append("\(instant.close.nanoseconds / 60_000_000_000): \(bars.joined(separator: " "))")
        }
        #expect(shown == ["4: 0@3", "5: 0@4 1@0", "6: 0@5", "10: 0@9 1@5"])
        #expect(past.next() == nil)
        #expect(past.lastOpenTime(InstrumentID(index: 0)) == nil)
    }
}
