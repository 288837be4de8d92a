// SPDX-License-Identifier: Apache-2.0

import Execution
import OrderManagement
public import Strategies
public import Trading

/// What a session was when its journal ended, rebuilt from the journal's records. Without records it is a new session.
///
/// What was decided is replayed, not decided anew; what became of it at the venues is asked for once they are connected.
public struct SessionRecovery: ~Copyable {
    public private(set) var replay: Replay
    var managers: [OrderManager]
    /// By instrument: the last bar that was shown to the strategies.
    private(set) var lastBars: [Bar?]
    public private(set) var recordCount = 0
    public private(set) var lastRecorded = Timestamp.distantPast
    private(set) var lifecycle = SessionLifecycle()
    private(set) var measures = SessionMeasures()
    /// The text that the session ran with last.
    private(set) var configuration = ""
    private let venueOf: [Int]

    /// - Parameter traps: See `Replay`.
    public init(
        _ setup: DecisionSetup, _ settings: SessionSettings, traps: [StrategyTrap] = [],
        marker: UnsafeMutablePointer<Int32>? = nil
    ) throws(StrategyError) {
        replay = try Replay(setup, traps: traps, marker: marker)
        let instruments = setup.account.instruments
        managers = settings.venues.map { venue in
            OrderManager(
                venue: venue.name, instruments: instruments, account: Account(setup.account), settings: venue.orders)
        }
        lastBars = instruments.map { _ in nil }
        venueOf = settings.venueIndices(instruments)
    }

    /// Takes in a record of the journal, in the journal's order.
    public mutating func apply(
        _ record: SessionRecord, sequence: UInt64, at time: Timestamp
    ) throws(StrategyError) {
        recordCount += 1
        lastRecorded = max(lastRecorded, time)
        try replay.apply(record, sequence: sequence)
        switch record {
        case .started(let start): configuration = start.configuration
        case .reconfigured(let text, _): configuration = text
        case .input(.history(_, let bars)): note(bars)
        case .input(.instant(let instant)): note(instant.bars)
        case .input(.report(let report, let venue)) where managers.indices.contains(venue):
            managers[venue].restore(report)
        case .commands(let commands):
            for venue in managers.indices {
                let own = commands.filter { venueOf[$0.instrument.index] == venue }
                if !own.isEmpty { managers[venue].restore(own, at: time) }
            }
        case .placing(let venue, let tickets, let grouping) where managers.indices.contains(venue):
            managers[venue].restore(placed: tickets, grouping)
        case .modifying(let venue, let ticket) where managers.indices.contains(venue):
            managers[venue].restore(changed: ticket)
        case .cancelling(let venue, let tickets) where managers.indices.contains(venue):
            managers[venue].restore(cancelled: tickets)
        case .reconciled(let venue, let time) where managers.indices.contains(venue):
            managers[venue].restore(watermark: time)
        case .measures(let found): measures = found
        case .operatorRequest(let command): _ = lifecycle.receive(command)
        case .resumed:
            if case .halted = lifecycle.state { break }
            lifecycle = SessionLifecycle()
        default: break
        }
    }

    consuming func takeCore() -> DecisionCore { replay.finish() }

    private mutating func note(_ bars: [InstrumentBar]) {
        for bar in bars where bar.instrument.index < lastBars.count {
            lastBars[bar.instrument.index] = bar.bar
        }
    }
}
