// SPDX-License-Identifier: Apache-2.0

public import Execution
public import Journal
public import Trading

/// What a session runs on, as its journal begins with it: enough to build the same session again, and no secrets.
public struct SessionStart: Hashable, Sendable {
    /// Of the program. Another version may decide otherwise.
    public var version: String
    public var mode: SessionMode
    public var instance: UInt32
    public var startedAt: Timestamp
    /// The configuration's text: secrets are only named in it.
    public var configuration: String
    /// What each venue said about the markets that are traded, by the venue's name.
    public var venues: [Venue]
    /// Balances to begin with, by the asset's place.
    public var deposits: [Amount]

    public struct Venue: Hashable, Sendable {
        public var name: String
        public var markets: String
        public init(name: String, markets: String) {
            self.name = name
            self.markets = markets
        }
    }

    public init(
        version: String, mode: SessionMode, instance: UInt32, startedAt: Timestamp, configuration: String,
        venues: [Venue], deposits: [Amount]
    ) {
        self.version = version
        self.mode = mode
        self.instance = instance
        self.startedAt = startedAt
        self.configuration = configuration
        self.venues = venues
        self.deposits = deposits
    }
}

/// One entry of a session's journal.
public enum SessionRecord: Sendable {
    case started(SessionStart)
    /// The program was started again on this journal.
    case resumed(version: String, at: Timestamp)
    /// Its text differs from what the journal held, though nothing of what the journal is bound to does.
    case reconfigured(configuration: String, at: Timestamp)
    /// Written before it is acted on.
    case input(DecisionInput)
    /// What the strategies decided on, written before anything of it is sent.
    case commands([OrderCommand])
    /// What the simulated venue answered, on paper.
    case paperReports([VenueReport])
    /// The engine's fingerprint at this place.
    case fingerprint(UInt64)
    /// Orders on their way to a venue.
    case placing(venue: Int, [OrderTicket], TicketGrouping)
    case modifying(venue: Int, ModifyTicket)
    case cancelling(venue: Int, [CancelTicket])
    /// Stopped before they were sent.
    case denied(order: OrderID, code: String, text: String)
    /// What a venue said to a command, in words.
    case answered(ClientOrderID, venueOrder: VenueOrderID?, text: String)
    case operatorRequest(OperatorCommand)
    /// Somebody asked for something; what of it was done follows.
    case asked(SessionRequest)
    /// What changed in the session's life.
    case note(component: String, text: String)
    /// A difference between the venue and us, and what was done.
    case finding(venue: Int, text: String)
    /// The account was compared with the venue's: everything that the venue booked before this time, by its clock, is
    /// among the inputs so far.
    case reconciled(venue: Int, upTo: Timestamp)
    /// How the session is doing, for a start after this one.
    case measures(SessionMeasures)
    /// A strategy trapped while an earlier record was played back, and is off from that one on.
    case trapped(StrategyTrap)
}

extension SessionRecord {
    /// The record's kind in the journal. Kinds are never given a new meaning.
    public var kind: UInt16 {
        switch self {
        case .started: 1
        case .resumed: 2
        case .input: 3
        case .commands: 4
        case .paperReports: 5
        case .fingerprint: 6
        case .placing: 7
        case .modifying: 8
        case .cancelling: 9
        case .denied: 10
        case .answered: 11
        case .operatorRequest: 12
        case .note: 13
        case .finding: 14
        case .reconciled: 15
        case .measures: 16
        case .trapped: StrategyTrap.recordKind
        case .reconfigured: 18
        case .asked: 19
        }
    }

    public func write(to writer: inout RecordWriter) {
        switch self {
        case .started(let start): writer.start(start)
        case .resumed(let version, let time):
            writer.text(version)
            writer.time(time)
        case .reconfigured(let configuration, let time):
            writer.text(configuration)
            writer.time(time)
        case .input(let input): writer.input(input)
        case .commands(let commands): writer.list(commands) { $0.command($1) }
        case .paperReports(let reports): writer.list(reports) { $0.report($1) }
        case .fingerprint(let value): writer.integer(value)
        case .placing(let venue, let tickets, let grouping):
            writer.count(venue)
            writer.integer(grouping.rawValue)
            writer.list(tickets) { $0.ticket($1) }
        case .modifying(let venue, let ticket):
            writer.count(venue)
            writer.optional(ticket.venueOrder) { $0.text($1.text) }
            writer.ticket(ticket.order)
        case .cancelling(let venue, let tickets):
            writer.count(venue)
            writer.list(tickets) { writer, ticket in
                writer.client(ticket.client)
                writer.optional(ticket.venueOrder) { $0.text($1.text) }
                writer.integer(ticket.instrument.rawValue)
            }
        case .denied(let order, let code, let text):
            writer.integer(order.rawValue)
            writer.text(code)
            writer.text(text)
        case .answered(let client, let venueOrder, let text):
            writer.client(client)
            writer.optional(venueOrder) { $0.text($1.text) }
            writer.text(text)
        case .operatorRequest(let command): writer.operatorCommand(command)
        case .asked(let request):
            writer.integer(request.way.rawValue)
            writer.integer(request.user)
            writer.integer(request.process)
            writer.text(request.text)
        case .note(let component, let text):
            writer.text(component)
            writer.text(text)
        case .finding(let venue, let text):
            writer.count(venue)
            writer.text(text)
        case .reconciled(let venue, let time):
            writer.count(venue)
            writer.time(time)
        case .measures(let measures): writer.measures(measures)
        case .trapped(let trap):
            writer.count(trap.strategy)
            writer.integer(trap.sequence)
        }
    }

    /// Reads a record of the journal.
    ///
    /// - Returns: `nil` for a kind that this version does not know.
    public init?(_ record: JournalRecord) throws(RecordError) {
        var reader = record.reader
        switch record.kind {
        case 1: self = .started(try reader.start())
        case 2: self = .resumed(version: try reader.text(), at: try reader.time())
        case 3: self = .input(try reader.input())
        case 4: self = .commands(try reader.list { reader throws(RecordError) in try reader.command() })
        case 5: self = .paperReports(try reader.list { reader throws(RecordError) in try reader.report() })
        case 6: self = .fingerprint(try reader.integer())
        case 7:
            let venue = try reader.number()
            let grouping: TicketGrouping = try reader.choice()
            self = .placing(
                venue: venue, try reader.list { reader throws(RecordError) in try reader.ticket() }, grouping)
        case 8:
            let venue = try reader.number()
            let venueOrder = try reader.venueOrder()
            self = .modifying(venue: venue, ModifyTicket(venueOrder: venueOrder, order: try reader.ticket()))
        case 9:
            let venue = try reader.number()
            let tickets = try reader.list { reader throws(RecordError) in
                CancelTicket(
                    client: try reader.client(), venueOrder: try reader.venueOrder(),
                    instrument: InstrumentID(try reader.integer()))
            }
            self = .cancelling(venue: venue, tickets)
        case 10:
            self = .denied(order: OrderID(try reader.integer()), code: try reader.text(), text: try reader.text())
        case 11:
            self = .answered(try reader.client(), venueOrder: try reader.venueOrder(), text: try reader.text())
        case 12: self = .operatorRequest(try reader.operatorCommand())
        case 13: self = .note(component: try reader.text(), text: try reader.text())
        case 14: self = .finding(venue: try reader.number(), text: try reader.text())
        case 15: self = .reconciled(venue: try reader.number(), upTo: try reader.time())
        case 16: self = .measures(try reader.measures())
        case StrategyTrap.recordKind:
            self = .trapped(StrategyTrap(strategy: try reader.number(), sequence: try reader.integer()))
        case 18: self = .reconfigured(configuration: try reader.text(), at: try reader.time())
        case 19:
            let way: SessionRequest.Way = try reader.choice()
            let (user, process): (UInt32, Int32) = (try reader.integer(), try reader.integer())
            self = .asked(SessionRequest(try reader.text(), way: way, user: user, process: process))
        default: return nil
        }
        try reader.finish()
    }
}
