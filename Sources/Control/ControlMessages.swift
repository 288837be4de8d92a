// SPDX-License-Identifier: Apache-2.0

public import Trading

/// What an operator asks of a running session.
public enum ControlRequest: Hashable, Sendable {
    case status
    case findings
    /// Nothing new is opened; positions stay protected.
    case pause
    case resume
    /// Nothing new is opened, and the session ends when all positions are closed.
    case drain
    /// Switches a feature of the strategies on or off.
    case feature(String, isOn: Bool)
    /// A value of a series from outside, known and of now.
    case observe(series: String, value: Double)
    /// An orderly end, as `live.shutdown` says.
    case stop
    /// The kill switch: all orders are cancelled, and positions closed where asked for.
    case kill(flatten: Bool)

    public var name: String {
        switch self {
        case .status: "status"
        case .findings: "findings"
        case .pause: "pause"
        case .resume: "resume"
        case .drain: "drain"
        case .stop: "stop"
        case .feature(_, let isOn): isOn ? "enable" : "disable"
        case .observe: "observe"
        case .kill: "kill"
        }
    }

    /// Whether it changes nothing.
    public var isQuestion: Bool {
        switch self {
        case .status, .findings: true
        case .pause, .resume, .drain, .feature, .observe, .stop, .kill: false
        }
    }

    /// As it is written after `apus control`: `kill --flatten`, `disable --feature regime`.
    public var text: String {
        switch self {
        case .status, .findings, .pause, .resume, .drain, .stop, .kill(flatten: false): name
        case .kill(flatten: true): "kill --flatten"
        case .feature(let feature, _): "\(name) --feature \(Self.quoted(feature))"
        case .observe(let series, let value): "observe --series \(Self.quoted(series)) --value \(value)"
        }
    }

    /// A name from outside, with nothing in it that a terminal would obey.
    private static func quoted(_ name: String) -> String {
        let isPlain =
            !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
        return isPlain ? name : name.debugDescription
    }
}

/// What a session answers.
public enum ControlAnswer: Hashable, Sendable {
    /// It is being done.
    case done(String)
    /// It is not, and why.
    case refused(String)
    case status(ControlStatus)
    case findings([ControlFinding])
}

/// How a session is doing.
public struct ControlStatus: Hashable, Sendable {
    public struct Position: Hashable, Sendable {
        public var venue: String
        public var market: String
        /// Signed.
        public var quantity: String
        public var entryPrice: String?
        /// In the base currency.
        public var profit: Amount?
        public init(venue: String, market: String, quantity: String, entryPrice: String?, profit: Amount?) {
            self.venue = venue
            self.market = market
            self.quantity = quantity
            self.entryPrice = entryPrice
            self.profit = profit
        }
    }
    /// What a strategy made with a market since the session began, in the base currency.
    public struct Profit: Hashable, Sendable {
        /// Of a UTC day, after costs, with the change of what is not realised.
        public struct Day: Hashable, Sendable, BitwiseCopyable {
            /// When it begins.
            public var day: Timestamp
            public var profit: Amount
            public init(day: Timestamp, profit: Amount) {
                self.day = day
                self.profit = profit
            }
        }
        /// Empty for what no strategy did: trades by hand, liquidations.
        public var strategy: String
        public var venue: String
        public var market: String
        /// After costs, with what is not realised.
        public var profit: Amount
        public var realised: Amount
        public var unrealised: Amount
        public var fees: Amount
        /// Paid; negative where it was received.
        public var funding: Amount
        /// The latest ones, oldest first.
        public var days: [Day]
        public init(
            strategy: String, venue: String, market: String, profit: Amount, realised: Amount, unrealised: Amount,
            fees: Amount, funding: Amount, days: [Day]
        ) {
            self.strategy = strategy
            self.venue = venue
            self.market = market
            self.profit = profit
            self.realised = realised
            self.unrealised = unrealised
            self.fees = fees
            self.funding = funding
            self.days = days
        }
    }
    public struct Link: Hashable, Sendable {
        public var venue: String
        /// `up`, or what is wrong.
        public var state: String
        /// Since the latest message.
        public var silence: TimeSpan?
        public init(venue: String, state: String, silence: TimeSpan?) {
            self.venue = venue
            self.state = state
            self.silence = silence
        }
    }
    /// From the market event to the order's bytes.
    public struct Latency: Hashable, Sendable, BitwiseCopyable {
        public var count: UInt64
        public var median: TimeSpan
        public var high: TimeSpan
        public var maximum: TimeSpan
        /// - Parameter high: The 99th percentile.
        public init(count: UInt64, median: TimeSpan, high: TimeSpan, maximum: TimeSpan) {
            self.count = count
            self.median = median
            self.high = high
            self.maximum = maximum
        }
    }

    /// An order that is not over.
    public struct Order: Hashable, Sendable {
        public var number: UInt64
        public var strategy: String
        public var venue: String
        public var market: String
        /// As people say it: `sell 0.25 stop, trigger 2100`.
        public var text: String
        public var filled: String
        /// `native` or `emulated`, by whom, and how.
        public var execution: Execution
        public init(
            number: UInt64, strategy: String, venue: String, market: String, text: String, filled: String,
            execution: Execution
        ) {
            self.number = number
            self.strategy = strategy
            self.venue = venue
            self.market = market
            self.text = text
            self.filled = filled
            self.execution = execution
        }
    }
    /// Who carries something out at its venue.
    public struct Execution: Hashable, Sendable {
        /// `native`, `emulated` or `unsupported`.
        public var kind: String
        /// `venue`, `order manager` or `engine`.
        public var actor: String
        public var note: String
        public init(kind: String, actor: String, note: String) {
            self.kind = kind
            self.actor = actor
            self.note = note
        }
    }
    /// An order algorithm that runs.
    public struct Algorithm: Hashable, Sendable {
        public var number: UInt64
        /// Such as `twap`.
        public var kind: String
        public var strategy: String
        public var venue: String
        public var market: String
        /// In the market's quantity.
        public var total: String
        public var filled: String
        public var working: String
        /// `waiting`, `working`, `paused` or `stopping`.
        public var state: String
        /// Why it did what it did last.
        public var reason: String?
        public var lastActionAt: Timestamp?
        /// What makes it act next.
        public var next: String
        public var execution: Execution
        public init(
            number: UInt64, kind: String, strategy: String, venue: String, market: String, total: String,
            filled: String, working: String, state: String, reason: String?, lastActionAt: Timestamp?, next: String,
            execution: Execution
        ) {
            self.number = number
            self.kind = kind
            self.strategy = strategy
            self.venue = venue
            self.market = market
            self.total = total
            self.filled = filled
            self.working = working
            self.state = state
            self.reason = reason
            self.lastActionAt = lastActionAt
            self.next = next
            self.execution = execution
        }
    }

    public var instance: String
    public var processID: Int32
    public var mode: String
    public var state: String
    /// Why nothing new is opened; empty while trading goes on.
    public var pauses: [String]
    public var startedAt: Timestamp
    public var time: Timestamp
    public var baseCurrency: String
    public var equity: Amount?
    /// Since the session began; transfers left out.
    public var profit: Amount?
    public var positions: [Position]
    /// By strategy and market.
    public var profits: [Profit]
    /// Where the configuration has a section `portfolio` and the markets were looked at.
    public var portfolio: Portfolio?
    public var openOrders: Int
    /// The open orders, the oldest ones where they are very many.
    public var orders: [Order]
    public var algorithms: [Algorithm]
    public var links: [Link]
    public var lastBarAge: TimeSpan?
    public var latency: Latency?
    public var unresolvedFindings: Int

    public init(
        instance: String, processID: Int32, mode: String, state: String, pauses: [String] = [],
        startedAt: Timestamp, time: Timestamp, baseCurrency: String, equity: Amount? = nil, profit: Amount? = nil,
        positions: [Position] = [], profits: [Profit] = [], portfolio: Portfolio? = nil,
        openOrders: Int = 0, orders: [Order] = [],
        algorithms: [Algorithm] = [], links: [Link] = [], lastBarAge: TimeSpan? = nil, latency: Latency? = nil,
        unresolvedFindings: Int = 0
    ) {
        self.instance = instance
        self.processID = processID
        self.mode = mode
        self.state = state
        self.pauses = pauses
        self.startedAt = startedAt
        self.time = time
        self.baseCurrency = baseCurrency
        self.equity = equity
        self.profit = profit
        self.positions = positions
        self.profits = profits
        self.portfolio = portfolio
        self.openOrders = openOrders
        self.orders = orders
        self.algorithms = algorithms
        self.links = links
        self.lastBarAge = lastBarAge
        self.latency = latency
        self.unresolvedFindings = unresolvedFindings
    }
}

/// A difference to the venue, or a violation, that somebody should look at.
public struct ControlFinding: Hashable, Sendable {
    public var time: Timestamp
    public var component: String
    public var text: String
    public var isResolved: Bool
    public init(time: Timestamp, component: String, text: String, isResolved: Bool) {
        self.time = time
        self.component = component
        self.text = text
        self.isResolved = isResolved
    }
}
