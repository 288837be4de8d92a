// SPDX-License-Identifier: Apache-2.0

internal import JSON
public import Trading

/// Why a script or an option with faults could not be read.
public struct FaultError: Error, Hashable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

extension FaultRule {
    /// Reads a script: `{"faults": [{"kind": "lost", "scope": "place", "probability": 0.1, "from": 5, "to": 60,
    /// "times": 3, "delay": [0.01, 0.2]}, …]}`. Times and delays are in seconds; all but the kind may be absent. With
    /// `"market": "SOL"` and the scope `stream` it hits only messages about that market.
    public static func script(_ text: [UInt8]) throws(FaultError) -> [FaultRule] {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSON.parse(text)
        } catch {
            throw FaultError("the script of faults is no JSON: \(error)")
        }
        guard let list = value["faults"], list.kind == .array else {
            throw FaultError(#"a script of faults has the form {"faults": [{"kind": "lost", "probability": 0.1}]}."#)
        }
        var rules: [FaultRule] = []
        for entry in list.elements { rules.append(try rule(entry, number: rules.count + 1)) }
        return rules
    }

    private static func rule(_ entry: JSONValue, number: Int) throws(FaultError) -> FaultRule {
        func wrong(_ problem: String) -> FaultError { FaultError("fault \(number) of the script: \(problem)") }
        let names = ["kind", "scope", "probability", "from", "to", "times", "delay", "market"]
        for (key, _) in entry.members where !names.contains(key) {
            throw wrong("'\(key)' is not known; use \(names.joined(separator: ", ")).")
        }
        guard let kind = entry["kind"]?.string.flatMap({ FaultKind(rawValue: $0) }) else {
            throw wrong("its kind must be one of \(FaultKind.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        var rule = FaultRule(kind)
        if let scope = entry["scope"] {
            guard let known = scope.string.flatMap({ FaultScope(rawValue: $0) }) else {
                throw wrong("its scope must be one of \(FaultScope.allCases.map(\.rawValue).joined(separator: ", ")).")
            }
            rule.scope = known
        }
        if let probability = entry["probability"] {
            guard let share = probability.number, (0...1).contains(share) else {
                throw wrong("its probability must be a number from 0 to 1.")
            }
            rule.probability = share
        }
        func span(_ value: JSONValue, _ name: String) throws(FaultError) -> TimeSpan {
            guard let seconds = value.number, let span = TimeSpan(fractionalSeconds: seconds) else {
                throw wrong("'\(name)' must be a number of seconds.")
            }
            return span
        }
        if let from = entry["from"] { rule.from = try span(from, "from") }
        if let to = entry["to"] { rule.to = try span(to, "to") }
        if let times = entry["times"] {
            guard let count = times.integer, let count = Int(exactly: count), count > 0 else {
                throw wrong("'times' must be a whole number above 0.")
            }
            rule.times = count
        }
        if let delay = entry["delay"] {
            if delay.kind == .array {
                guard delay.count == 2, let first = delay[0], let second = delay[1] else {
                    throw wrong("'delay' must be seconds, or a list of the least and the most.")
                }
                let (least, most) = (try span(first, "delay"), try span(second, "delay"))
                guard least <= most else { throw wrong("the least delay is above the most.") }
                rule.delay = least...most
            } else {
                let exact = try span(delay, "delay")
                rule.delay = exact...exact
            }
        }
        if let market = entry["market"] {
            guard let name = market.string, !name.isEmpty, rule.scope == .stream else {
                throw wrong("'market' must be a market's name, and its scope 'stream'.")
            }
            rule.market = name
        }
        guard rule.kind == .clockSkew || rule.delay.lowerBound >= .zero else {
            throw wrong("a delay must not be negative.")
        }
        return rule
    }

    /// Reads `KIND[@SCOPE]=RATE`, such as `lost@place=0.05`.
    public init(parsing text: String) throws(FaultError) {
        let parts = text.split(separator: "=", maxSplits: 1)
        let names = (parts.first ?? "").split(separator: "@", maxSplits: 1)
        guard parts.count == 2, let kind = names.first.flatMap({ FaultKind(rawValue: String($0)) }),
            let rate = Double(parts[1]), (0...1).contains(rate)
        else {
            throw FaultError(
                "'\(text.prefix(80))' is no fault. Write KIND=RATE or KIND@SCOPE=RATE, such as lost@place=0.05; "
                    + "kinds are \(FaultKind.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        self.init(kind, probability: rate)
        if names.count == 2 {
            guard let scope = FaultScope(rawValue: String(names[1])) else {
                throw FaultError(
                    "'\(names[1])' is no scope; use \(FaultScope.allCases.map(\.rawValue).joined(separator: ", ")).")
            }
            self.scope = scope
        }
    }
}

extension TimeSpan {
    /// `nil` for what is no number, or more than ten years.
    public init?(fractionalSeconds seconds: Double) {
        guard seconds.isFinite, abs(seconds) < 3.2e8 else { return nil }
        self.init(nanoseconds: Int64((seconds * 1e9).rounded()))
    }
}
