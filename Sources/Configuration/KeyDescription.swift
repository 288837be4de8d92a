// SPDX-License-Identifier: Apache-2.0

public import Trading

/// All there is to say about one configuration key: the single source of validation, JSON Schema, help, template and
/// reference page. Strategies describe their parameters with the same type.
public struct KeyDescription: Sendable {
    public enum Status: Sendable, Hashable {
        case available
        /// Accepted and listed under the warnings, without effect yet; live modes will refuse it.
        case planned
    }

    public let name: String
    public let type: ValueType
    public let isRequired: Bool
    /// The value where the key is absent, as it would be written in YAML; `nil` where absence means something else.
    public let defaultText: String?
    /// What a number counts, such as `bars` or `quote asset`.
    public let unit: String?
    /// One line.
    public let summary: String
    /// What a user who does not know the subject needs to choose well.
    public let explanation: String
    /// A value as it would be written in YAML, other than the default.
    public let example: String?
    public let status: Status

    public init(
        _ name: String, _ type: ValueType, required: Bool = false, default defaultText: String? = nil,
        unit: String? = nil, _ summary: String, explanation: String = "", example: String? = nil,
        status: Status = .available
    ) {
        self.name = name
        self.type = type
        self.isRequired = required
        self.defaultText = defaultText
        self.unit = unit
        self.summary = summary
        self.explanation = explanation
        self.example = example
        self.status = status
    }
}

/// What may be written as a value.
public indirect enum ValueType: Sendable {
    case boolean
    case integer(ClosedRange<Int64>)
    case decimal(DecimalRange)
    /// A share of one: `0.0005`, or with a sign `0.05%`.
    case share(DecimalRange)
    /// A number of percent: `-5.0`, or with a sign `-5.0%`. Its range is in percent.
    case percentage(DecimalRange)
    case text(TextRule)
    case choice([Choice])
    case duration(ClosedRange<TimeSpan>)
    case timeframe
    case time
    case list(ValueType, minimumCount: Int)
    /// A map with these keys and no others.
    case section([KeyDescription])
    /// A map whose keys the user chooses; `keyName` stands for such a key in paths, in capitals.
    case map(keyName: String, value: ValueType, minimumCount: Int)
    /// One of several forms.
    case either([ValueType])
    /// A strategy's parameters: what is allowed depends on the strategy's type.
    case parameters
    /// Anything: planned sections, whose keys are not settled.
    case anything

    public struct Choice: Sendable, Hashable, ExpressibleByStringLiteral {
        public let name: String
        public let summary: String

        public init(_ name: String, _ summary: String) {
            self.name = name
            self.summary = summary
        }
        public init(stringLiteral name: String) { self.init(name, "") }
    }
}

/// Bounds of a decimal number, as exact text. An absent bound leaves that side open.
public struct DecimalRange: Sendable, Hashable {
    public let minimum: String?
    public let maximum: String?
    /// The minimum itself is not allowed.
    public let isAboveMinimum: Bool

    public init(minimum: String? = nil, maximum: String? = nil, isAboveMinimum: Bool = false) {
        self.minimum = minimum
        self.maximum = maximum
        self.isAboveMinimum = isAboveMinimum
    }

    public static let any = DecimalRange()
    public static let positive = DecimalRange(minimum: "0", isAboveMinimum: true)
    public static let notNegative = DecimalRange(minimum: "0")
    public static func from(_ minimum: String, to maximum: String) -> Self { Self(minimum: minimum, maximum: maximum) }

    func contains(_ value: Amount) -> Bool {
        if let minimum, let bound = Self.exact(minimum), isAboveMinimum ? value <= bound : value < bound {
            return false
        }
        if let maximum, let bound = Self.exact(maximum), value > bound { return false }
        return true
    }

    /// Bounds are written by us; text that is no number is a mistake in the schema.
    private static func exact(_ text: String) -> Amount? {
        guard let units = try? DecimalText.parse(text, decimals: Amount.decimals, as: Int128.self) else {
            preconditionFailure("the bound '\(text)' in the schema is not a number")
        }
        return Amount(units: units)
    }

    /// ` from 0 to 1`, ` above 0`, or nothing.
    func text(percent: Bool = false) -> String {
        let sign = percent ? " %" : ""
        switch (minimum, maximum) {
        case (let minimum?, let maximum?):
            return isAboveMinimum
                ? " above \(minimum) up to \(maximum)\(sign)" : " from \(minimum) to \(maximum)\(sign)"
        case (let minimum?, nil): return isAboveMinimum ? " above \(minimum)\(sign)" : " of at least \(minimum)\(sign)"
        case (nil, let maximum?): return " of at most \(maximum)\(sign)"
        case (nil, nil): return ""
        }
    }
}

/// Which texts are allowed. A text is never empty and holds at most 1,000 characters.
public enum TextRule: Sendable, Hashable {
    case any
    case path
    /// Letters and digits, such as USDT.
    case asset
    /// A market's name without spaces, such as ETH-USD or ETH/USDT:USDT.
    case symbol
    /// A name that is also part of file names: letters, digits, `-`, `_` and `.`, beginning with a letter or digit.
    case name
    /// `0x` and 40 hexadecimal digits.
    case chainAddress
    /// `https://host[:port]`, and `http://` for this machine alone.
    case webAddress
    /// `wss://host[:port]`, and `ws://` for this machine alone.
    case streamAddress
    /// `http://host:port` or `socks5h://host:port`.
    case proxyAddress
    /// `env:NAME`, `file:PATH` or `vault:NAME`.
    case credentials
    /// The same, perhaps after a word and a space.
    case secretText
    /// `https://host[:port]/path?query`, and `http://` for this machine alone.
    case page
    /// Names and places with points between, or a point alone.
    case dataPath
    /// The name of a header of HTTP.
    case header

    func allows(_ text: String) -> Bool {
        guard !text.isEmpty, text.utf8.count <= 1000, !text.unicodeScalars.contains(where: { $0.value < 32 }) else {
            return false
        }
        return switch self {
        case .any, .path: true
        case .asset: text.utf8.count <= 32 && text.utf8.allSatisfy(\.isLetterOrDigit)
        case .symbol:
            text.utf8.count <= 64 && text.utf8.allSatisfy { $0.isLetterOrDigit || "-/:_.@#".utf8.contains($0) }
        case .name:
            text.utf8.count <= 40 && text.utf8.first?.isLetterOrDigit == true
                && text.utf8.allSatisfy { $0.isLetterOrDigit || "-_.".utf8.contains($0) }
        case .chainAddress:
            text.utf8.count == 42 && text.hasPrefix("0x") && text.utf8.dropFirst(2).allSatisfy(\.isHexadecimal)
        case .webAddress: HostAddress(text, schemes: ["https"], localSchemes: ["http"]) != nil
        case .streamAddress: HostAddress(text, schemes: ["wss"], localSchemes: ["ws"]) != nil
        case .proxyAddress: HostAddress(text, schemes: Self.proxySchemes, localSchemes: []) != nil
        case .credentials: CredentialSource(text) != nil
        case .secretText: SecretHeader.parts(text) != nil
        case .page: PageAddress(text) != nil
        case .dataPath: text == "." || !text.split(separator: ".", omittingEmptySubsequences: false).contains("")
        case .header:
            text.utf8.count <= 64 && text.utf8.first?.isLetterOrDigit == true
                && text.utf8.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }
        }
    }

    static let proxySchemes = ["http", "https", "socks5", "socks5h"]

    /// Whether a wrong value may be a secret that somebody put in the wrong place, so that no message shows it.
    var hidesWrongValues: Bool {
        switch self {
        case .credentials, .secretText, .page, .chainAddress, .webAddress, .streamAddress, .proxyAddress: true
        case .any, .path, .asset, .symbol, .name, .dataPath, .header: false
        }
    }

    /// The rule for the keys of a map.
    static func ofKeys(named name: String) -> TextRule {
        switch name {
        case "SYMBOL": .symbol
        case "ASSET": .asset
        case "VENUE", "SERIES", "ORDER": .name
        case "HEADER": .header
        default: .any
        }
    }

    /// The rule as a regular expression of JSON Schema.
    var pattern: String? {
        switch self {
        case .any, .path: nil
        case .asset: "^[A-Za-z0-9]{1,32}$"
        case .symbol: "^[A-Za-z0-9/:_.@#-]{1,64}$"
        case .name: "^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"
        case .chainAddress: "^0x[0-9A-Fa-f]{40}$"
        case .webAddress: "^https?://[^@/]+/?$"
        case .streamAddress: "^wss?://[^@/]+/?$"
        case .proxyAddress: "^(https?|socks5h?)://[^@/]+/?$"
        case .credentials: "^(env|file|vault):.+$"
        case .secretText: "^([A-Za-z0-9]{1,16} )?(env|file|vault):.+$"
        case .page: "^https?://[^@/?#]+([/?][^@#]*)?$"
        case .dataPath: #"^(\.|[^.]+(\.[^.]+)*)$"#
        case .header: "^[A-Za-z0-9][A-Za-z0-9-]{0,63}$"
        }
    }

    var expectation: String {
        switch self {
        case .any: "a text"
        case .path: "a file's path"
        case .asset: "the name of an asset such as USDT"
        case .symbol: "a market such as ETH-USD"
        case .name: "a name of letters, digits, '-', '_' and '.', at most 40"
        case .chainAddress: "an address, 0x and 40 hexadecimal digits"
        case .webAddress: "https://host or https://host:port, or http:// for this machine (127.0.0.1)"
        case .streamAddress: "wss://host or wss://host:port, or ws:// for this machine (127.0.0.1)"
        case .proxyAddress: "http://host:port or socks5h://host:port, without a password"
        case .credentials: "env:NAME, file:PATH or vault:NAME, and never the key itself"
        case .secretText: "env:NAME, file:PATH or vault:NAME, perhaps after a word such as Bearer, and no secret itself"
        case .page:
            "https://host/path?query, or http:// for this machine (127.0.0.1), with no secret in it: see headers"
        case .dataPath: "names with points between, such as data.value"
        case .header: "the name of a header, such as X-Api-Key"
        }
    }
}

extension UInt8 {
    var isDigit: Bool { self >= 48 && self <= 57 }
    var isLetterOrDigit: Bool { isDigit || (self | 32 >= 97 && self | 32 <= 122) }
    var isHexadecimal: Bool { isDigit || (self | 32 >= 97 && self | 32 <= 102) }
}

extension ValueType {
    /// What is expected, as the end of a sentence: `a whole number from 1 to 500`.
    public var expectation: String {
        switch self {
        case .boolean: "true or false"
        case .integer(let range):
            switch (range.lowerBound, range.upperBound) {
            case (.min, .max): "a whole number"
            case (let lower, .max): "a whole number of at least \(lower)"
            case (let lower, let upper): "a whole number from \(lower) to \(upper)"
            }
        case .decimal(let range): "a number\(range.text())"
        case .share(let range):
            "a share such as 0.0005 or 0.05%,\(range.text().isEmpty ? " of any size" : range.text())"
        case .percentage(let range): "a number of percent\(range.text(percent: true))"
        case .text(let rule): rule.expectation
        case .choice(let choices): choices.map(\.name).joined(separator: ", ", last: " or ")
        case .duration(let range):
            "a duration such as 100ms, 1s or 5m"
                + (range.lowerBound > .zero ? " of at least \(DurationText.format(range.lowerBound))" : "")
                + (range.upperBound < .configurableMaximum
                    ? "\(range.lowerBound > .zero ? " and" : " of") at most \(DurationText.format(range.upperBound))"
                    : "")
        case .timeframe: "a timeframe such as 1m, 15m, 4h or 1d"
        case .time: "a UTC time such as 2024-01-31 or 2024-01-31T18:30:00Z"
        case .list(let element, _): "a list of \(element.listName)"
        case .section(let keys): "a map with the keys \(keys.map(\.name).joined(separator: ", ", last: " and "))"
        case .map(let keyName, let value, _): "a map with a \(value.shortName) for each \(keyName)"
        case .either(let types): types.map(\.expectation).joined(separator: ", ", last: " or ")
        case .parameters: "a map of the strategy's parameters"
        case .anything: "anything"
        }
    }

    /// The type in one or two words, for tables.
    public var shortName: String {
        switch self {
        case .boolean: "boolean"
        case .integer: "whole number"
        case .decimal: "number"
        case .share: "share"
        case .percentage: "percent"
        case .text: "text"
        case .choice: "choice"
        case .duration: "duration"
        case .timeframe: "timeframe"
        case .time: "time"
        case .list(let element, _): "list of \(element.listName)"
        case .section: "section"
        case .map(let keyName, let value, _): "map \(keyName) → \(value.shortName)"
        case .either(let types): types.map(\.shortName).joined(separator: ", ", last: " or ")
        case .parameters: "parameters"
        case .anything: "section"
        }
    }

    private var listName: String {
        switch self {
        case .section(let keys): "{ \(keys.map(\.name).joined(separator: ", ")) }"
        case .text(.symbol): "markets"
        default: shortName + "s"
        }
    }
}

extension [String] {
    func joined(separator: String, last: String) -> String {
        count < 2 ? joined() : dropLast().joined(separator: separator) + last + self[count - 1]
    }
}

extension TimeSpan {
    /// The longest duration that can be configured: 100 years.
    public static let configurableMaximum = TimeSpan.days(36_525)
}
