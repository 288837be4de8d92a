// SPDX-License-Identifier: Apache-2.0

internal import JSON
public import Trading

/// What an account pays.
public struct HyperliquidFees: Hashable, Sendable, MessageDecodable {
    public var perpetualTaker: ExactDecimal
    public var perpetualMaker: ExactDecimal
    public var spotTaker: ExactDecimal?
    public var spotMaker: ExactDecimal?
    public var referralDiscount: ExactDecimal?

    public init(_ message: MessageReader) throws(MessageError) {
        perpetualTaker = try message.decimal("userCrossRate")
        perpetualMaker = try message.decimal("userAddRate")
        spotTaker = try message.optionalDecimal("userSpotCrossRate")
        spotMaker = try message.optionalDecimal("userSpotAddRate")
        referralDiscount = try message.optionalDecimal("activeReferralDiscount")
    }
}

/// How many requests an address has used, and how many it may.
public struct HyperliquidRateLimit: Hashable, Sendable, MessageDecodable {
    public var volume: ExactDecimal
    public var used: UInt64
    public var cap: UInt64
    public var surplus: UInt64?

    public init(_ message: MessageReader) throws(MessageError) {
        volume = try message.decimal("cumVlm")
        used = try message.unsigned("nRequestsUsed")
        cap = try message.unsigned("nRequestsCap")
        surplus = try message.optionalUnsigned("nRequestsSurplus")
    }
}

/// A key that may sign for an account.
public struct HyperliquidAgent: Hashable, Sendable, MessageDecodable {
    public var name: String
    public var address: String
    public var validUntil: Timestamp

    public init(_ message: MessageReader) throws(MessageError) {
        name = try message.optionalText("name") ?? ""
        address = try message.text("address")
        validUntil = try message.time("validUntil")
    }
}

/// What an address is.
public struct HyperliquidRole: Hashable, Sendable, MessageDecodable {
    /// `user`, `agent`, `vault`, `subAccount`, `missing`.
    public var role: String
    /// The account that an agent signs for, or that a sub-account belongs to.
    public var master: String?

    public init(_ message: MessageReader) throws(MessageError) {
        role = try message.text("role")
        let data = try message.optionalObject("data")
        master = try data?.optionalText("user")
        if master == nil { master = try data?.optionalText("master") }
    }
}

public struct HyperliquidSubAccount: Hashable, Sendable, MessageDecodable {
    public var name: String
    public var address: String
    public var master: String?
    public var perpetual: HyperliquidPerpetualState?
    public var spot: HyperliquidSpotState?

    public init(_ message: MessageReader) throws(MessageError) {
        name = try message.text("name")
        address = try message.text("subAccountUser")
        master = try message.optionalText("master")
        if let part = try message.optionalObject("clearinghouseState") {
            perpetual = try HyperliquidPerpetualState(part)
        }
        if let part = try message.optionalObject("spotState") { spot = try HyperliquidSpotState(part) }
    }
}

/// A past funding rate of a market.
public struct HyperliquidFundingRate: Hashable, Sendable, MessageDecodable {
    public var coin: String
    public var rate: ExactDecimal
    public var premium: ExactDecimal?
    public var time: Timestamp

    public init(_ message: MessageReader) throws(MessageError) {
        coin = try message.text("coin")
        rate = try message.decimal("fundingRate")
        premium = try message.optionalDecimal("premium")
        time = try message.time("time")
    }
}

/// The funding that several venues are about to take for one coin.
public struct HyperliquidPredictedFunding: Hashable, Sendable, MessageDecodable {
    public struct Venue: Hashable, Sendable {
        public var name: String
        public var rate: ExactDecimal
        public var nextTime: Timestamp?
        public var intervalHours: Int64?
    }
    public var coin: String
    public var venues: [Venue]

    public init(_ message: MessageReader) throws(MessageError) {
        let pair = try message.elements()
        guard pair.count == 2, let coin = pair[0].json.string else {
            throw MessageError(
                field: message.path, problem: .wrongType(expected: "a coin and a list"), value: message.json.text)
        }
        self.coin = coin
        venues = []
        for entry in try pair[1].elements() {
            let parts = try entry.elements()
            guard parts.count == 2, let name = parts[0].json.string else {
                throw MessageError(
                    field: entry.path, problem: .wrongType(expected: "a venue and its rate"), value: entry.json.text)
            }
            guard !parts[1].json.isNull else { continue }
            venues.append(
                Venue(
                    name: name, rate: try parts[1].decimal("fundingRate"),
                    nextTime: try parts[1].optionalTime("nextFundingTime"),
                    intervalHours: try parts[1].optionalInteger("fundingIntervalHours")))
        }
    }
}

/// The course of an account's value and profit over one span of time.
public struct HyperliquidPortfolio: Hashable, Sendable, MessageDecodable {
    public struct Point: Hashable, Sendable, MessageDecodable {
        public var time: Timestamp
        public var value: ExactDecimal

        public init(_ message: MessageReader) throws(MessageError) {
            let pair = try message.elements()
            guard pair.count == 2, let milliseconds = pair[0].json.integer,
                (0...9_000_000_000_000).contains(milliseconds)
            else {
                throw MessageError(
                    field: message.path, problem: .wrongType(expected: "a time and a number"),
                    value: message.json.text)
            }
            time = Timestamp(milliseconds: milliseconds)
            value = try pair[1].decimal()
        }
    }
    /// `day`, `week`, `month`, `allTime`, `perpDay`, …
    public var span: String
    public var accountValues: [Point]
    public var profits: [Point]
    public var volume: ExactDecimal

    public init(_ message: MessageReader) throws(MessageError) {
        let pair = try message.elements()
        guard pair.count == 2, let span = pair[0].json.string else {
            throw MessageError(
                field: message.path, problem: .wrongType(expected: "a name and an object"), value: message.json.text)
        }
        self.span = span
        accountValues = try pair[1].all("accountValueHistory")
        profits = try pair[1].all("pnlHistory")
        volume = try pair[1].decimal("vlm")
    }
}

/// A fill that a TWAP made.
public struct HyperliquidTwapFill: Hashable, Sendable, MessageDecodable {
    public var twap: UInt64
    public var fill: HyperliquidFill

    public init(_ message: MessageReader) throws(MessageError) {
        twap = try message.unsigned("twapId")
        fill = try HyperliquidFill(try message.object("fill"))
    }
}

/// The state of a TWAP at some time.
public struct HyperliquidTwapState: Hashable, Sendable, MessageDecodable {
    public var time: Timestamp
    public var twap: UInt64?
    public var coin: String
    public var side: Side
    public var size: ExactDecimal
    public var executedSize: ExactDecimal
    public var minutes: Int64
    public var isReduceOnly: Bool
    /// `activated`, `finished`, `terminated`, `error`.
    public var status: String
    public var detail: String?

    public init(_ message: MessageReader) throws(MessageError) {
        // Seconds, unlike everywhere else.
        let seconds = try message.integer("time")
        guard (0...9_000_000_000).contains(seconds) else {
            throw MessageError(field: message.name("time"), problem: .outOfRange, value: String(seconds))
        }
        time = Timestamp(seconds: seconds)
        twap = try message.optionalUnsigned("twapId")
        let state = try message.object("state")
        coin = try state.text("coin")
        side = try state.side("side")
        size = try state.decimal("sz")
        executedSize = try state.decimal("executedSz")
        minutes = try state.integer("minutes")
        isReduceOnly = try state.flag("reduceOnly")
        let part = try message.object("status")
        status = try part.text("status")
        detail = try part.optionalText("description")
    }
}
