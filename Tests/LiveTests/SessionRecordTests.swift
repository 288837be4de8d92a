// SPDX-License-Identifier: Apache-2.0

import Execution
import Journal
import MarketData
import Strategies
import TestSupport
import Testing
import Trading

@testable import Live

@Suite("A session's records")
struct SessionRecordTests {
    /// A record of each kind, with every optional part once there and once missing.
    static func records(_ random: inout SeededRandom) -> [SessionRecord] {
        func number() -> Int64 { Int64(bitPattern: random.next()) >> Int64(random.next() % 64) }
        func text() -> String {
            String((0..<Int(random.next() % 9)).map { _ in "aé{\"\n".randomElement(using: &random)! })
        }
        func flag() -> Bool { random.next() & 1 == 0 }
        func price() -> Price { Price(units: number()) }
        func quantity() -> Quantity { Quantity(units: number()) }
        func time() -> Timestamp { Timestamp(nanoseconds: number()) }
        func amount() -> Amount { Amount(units: Int128(number()) * Int128(number())) }
        func client() -> ClientOrderID { ClientOrderID(high: random.next(), low: random.next()) }
        func maybe<Value>(_ value: Value) -> Value? { flag() ? value : nil }
        func bars() -> [InstrumentBar] {
            (0..<UInt32(random.next() % 3)).map { index in
                InstrumentBar(
                    InstrumentID(index),
                    Bar(
                        openTime: time(), open: price(), high: price(), low: price(), close: price(),
                        volume: quantity()))
            }
        }
        func ticket() -> OrderTicket {
            OrderTicket(
                client: client(), instrument: InstrumentID(UInt32(random.next() % 9)), side: flag() ? .buy : .sell,
                type: flag() ? .limit : .market, quantity: quantity(), limit: price(), trigger: maybe(price()),
                timeInForce: flag() ? .goodTilCancelled : .immediateOrCancel, isPostOnly: flag(), isReduceOnly: flag())
        }
        let order = OrderID(random.next())
        let venueOrder = maybe(VenueOrderID(text()))
        let reports: [VenueReport] = [
            .order(
                OrderReport(
                    order: order, time: time(), event: .accept, quantity: maybe(quantity()), limit: maybe(price()),
                    trigger: maybe(price()))),
            .fill(
                Fill(
                    order: order, trade: TradeID(random.next()), time: time(), instrument: InstrumentID(1),
                    strategy: StrategyID(2), quantity: quantity(), price: price(), fee: amount(), liquidity: .maker,
                    reason: .order), FillCircumstances(isReducing: flag(), met: price())),
            .funding(
                FundingPayment(instrument: InstrumentID(1), strategy: StrategyID(2), time: time(), amount: amount())),
            .coveredLoss(asset: AssetID(3), amount: amount(), time: time()),
            .transfer(TransferPayment(asset: AssetID(1), amount: amount(), time: time(), reference: random.next())),
            .fee(
                FeePayment(
                    asset: AssetID(1), amount: amount(), strategy: StrategyID(1), trade: TradeID(random.next()),
                    time: time())),
            .holding(
                HoldingChange(
                    order: order, instrument: InstrumentID(1), strategy: StrategyID(2), quantity: quantity(),
                    time: time(), reason: .belowMinimum)),
        ]
        return [
            .started(
                SessionStart(
                    version: text(), mode: .deMinimis, instance: 9, startedAt: time(), configuration: text(),
                    venues: [.init(name: text(), markets: text())], deposits: [amount(), amount()])),
            .resumed(version: text(), at: time()), .reconfigured(configuration: text(), at: time()),
            .input(.history(close: time(), bars())),
            .input(
                .instant(
                    ClosedInstant(
                        close: time(), bars: bars(), funding: [DueFunding(InstrumentID(0), at: time(), rate: 0.0001)],
                        acts: flag()))),
            .input(.leave(at: time(), closesPositions: flag())),
            .input(
                .external([
                    ExternalArrival(
                        series: Int(random.next() % 9),
                        ExternalObservation(valueTime: time(), knownAt: time(), value: Double(number())))
                ])),
            .input(.paperOrders(refused: [PaperRefusal(order, .notSent)])), .paperReports(reports),
            .input(.command(.setFeature("regime", isOn: flag()), at: time())),
            .input(.command(.setStrategy(3, isOn: flag()), at: time())),
            .input(.command(.resumeTrading, at: time())),
            .input(.stalled([BackgroundTaskID(number: random.next()), BackgroundTaskID(number: 3)])),
            .trapped(StrategyTrap(strategy: Int(random.next() % 9), sequence: random.next())),
            .commands([
                OrderCommand(
                    order: order, strategy: StrategyID(1), instrument: InstrumentID(0), sentAt: time(), command: .cancel
                )
            ]), .fingerprint(random.next()),
            .placing(venue: 1, [ticket(), ticket()], .none),
            .modifying(venue: 0, ModifyTicket(venueOrder: venueOrder, order: ticket())),
            .cancelling(
                venue: 2, [CancelTicket(client: client(), venueOrder: venueOrder, instrument: InstrumentID(4))]),
            .denied(order: order, code: text(), text: text()),
            .answered(client(), venueOrder: venueOrder, text: text()),
            .operatorRequest(.kill(flattens: flag())), .operatorRequest(.drain),
            .asked(
                SessionRequest(
                    text(), way: flag() ? .signal : .controlSocket, user: UInt32(truncatingIfNeeded: random.next()),
                    process: Int32(truncatingIfNeeded: random.next()))),
            .note(component: text(), text: text()), .finding(venue: 1, text: text()),
            .reconciled(venue: 1, upTo: time()), .measures(SessionMeasures()),
        ] + reports.map { .input(.report($0, venue: 1)) }
    }

    static func bytes(_ record: SessionRecord) -> [UInt8] {
        var writer = RecordWriter()
        record.write(to: &writer)
        return writer.payload
    }

    static func read(_ kind: UInt16, _ payload: [UInt8]) throws(RecordError) -> SessionRecord? {
        try SessionRecord(JournalRecord(sequence: 1, kind: kind, time: .epoch, payload: payload))
    }

    @Test(arguments: 0..<50)
    func whatWasWrittenReadsTheSame(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let records = Self.records(&random)
        #expect(Set(records.map(\.kind)) == Set(1...19), "every kind is here")
        for record in records {
            let payload = Self.bytes(record)
            let again = try #require(try Self.read(record.kind, payload))
            #expect(Self.bytes(again) == payload)
            #expect("\(again)" == "\(record)")
        }
    }

    /// An error, or another record that is written as it was read; never the end of the program.
    @Test(arguments: 0..<20)
    func changedBytesAreAnErrorOrAnotherRecord(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var errors = 0
        for record in Self.records(&random) {
            let payload = Self.bytes(record)
            var changed = payload.indices.map { Array(payload[..<$0]) }
            for index in payload.indices {
                var flipped = payload
                flipped[index] ^= UInt8(1 << (random.next() % 8))
                changed += [flipped, payload + [payload[index]]]
            }
            for candidate in changed {
                do throws(RecordError) {
                    guard let other = try Self.read(record.kind, candidate) else { continue }
                    let written = Self.bytes(other)
                    #expect((try? Self.read(record.kind, written)).flatMap(\.self).map(Self.bytes) == written)
                } catch {
                    errors += 1
                    #expect(error.offset <= candidate.count && !error.problem.isEmpty)
                }
            }
            // Every record says where it ends.
            #expect(throws: RecordError.self) { try Self.read(record.kind, payload + [0]) }
        }
        #expect(errors > 100)
    }

    @Test func aKindOfALaterVersionIsPassedOver() throws {
        for kind: UInt16 in [0, 9_999, .max] { #expect(try Self.read(kind, [1, 2, 3]) == nil) }
    }
}
