// SPDX-License-Identifier: Apache-2.0

import Adaptive
import Trading

/// A feature that throws whenever it is asked, and what is asked while somebody listens.
///
/// Unchecked: a world and everything in it belongs to one thread.
final class FeatureProbe: @unchecked Sendable {
    struct Broken: Error, CustomStringConvertible {
        let description = "broken on purpose"
    }

    let broken: Feature
    /// How often each was asked since `listen`; `nil` while nobody listens.
    private var asked: [Int]?

    init(breaking feature: Feature) { broken = feature }

    func ask(_ feature: Feature) throws {
        asked?[feature.rawValue] += 1
        if feature == broken { throw Broken() }
    }

    func listen() { asked = Array(repeating: 0, count: Feature.allCases.count) }
    func stopListening() { asked = nil }
    func count(_ feature: Feature) -> Int { asked?[feature.rawValue] ?? 0 }
    var countOfOthers: Int { (asked?.reduce(0, +) ?? 0) - count(broken) }
}

/// Whether a feature that always fails is left alone as the rules say: asked three times, then once after each pause,
/// the first of an hour, each double the one before, a day at most.
struct IsolationWatch {
    let broken: Feature
    private var asked = 0
    private var pause = TimeSpan.hours(1)
    private var until: Timestamp?
    private(set) var suspensions = 0

    init(_ feature: Feature) { broken = feature }

    /// - Parameters:
    ///   - count: How often the feature was asked up to now.
    ///   - now: The close of the instant that was decided on.
    /// - Returns: What is wrong.
    mutating func observe(asked count: Int, at now: Timestamp) -> String? {
        for _ in asked..<max(asked, count) {
            asked += 1
            if let until, now < until {
                return "\(broken.name) was asked at \(now), and is switched off until \(until)"
            }
            guard asked >= 3 else { continue }
            until = now + pause
            pause = min(TimeSpan(nanoseconds: pause.nanoseconds * 2), .days(1))
            suspensions += 1
        }
        return nil
    }
}
