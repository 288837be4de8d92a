// SPDX-License-Identifier: Apache-2.0

import Portfolio
import TestSupport
import Testing
import Trading

/// Requests and correlations that a seed stands for: any number of symbols, some of them never measured, some refused.
private struct AllocationCase {
    var requests: [AllocationRequest] = []
    var correlations: CorrelationMatrix
    var limits = AllocationLimits()
    let directions: [Double]

    init(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let count = 1 + random.below(9)
        for _ in 0..<count {
            var request = AllocationRequest(
                confidence: [0, 0.7, 1, random.uniform()][random.below(4)], side: random.below(4) == 0 ? .sell : .buy)
            if random.below(5) > 0 { request.lossAtStop = random.uniform(0.001, 0.3) }
            if random.below(2) == 0 { request.valueAtRisk = random.uniform(0.001, 0.3) }
            if random.below(20) == 0 { request.confidence = .nan }
            requests.append(request)
        }
        correlations = CorrelationMatrix(symbols: count)
        for second in 0..<count {
            for first in 0..<second where random.below(8) > 0 {
                correlations[first, second] = .measured(random.uniform(-1, 1), samples: 100)
            }
        }
        limits.singleSymbol = [0.4, random.uniform(0.05, 0.4)][random.below(2)]
        limits.correlatedPair = [0.5, random.uniform(limits.singleSymbol, 1)][random.below(2)]
        limits.correlatedGroup =
            [nil, limits.correlatedPair, random.uniform(limits.correlatedPair, 1)][random.below(3)]
        limits.totalRisk = random.uniform(0.001, 0.2)
        directions = requests.map { $0.side == .buy ? 1 : -1 }
    }

    func allocate() throws -> Allocation { try Allocation(requests, correlations: correlations, limits: limits) }

    func risk(_ weights: [Double]) -> Double {
        zip(requests, weights).reduce(0) { $0 + ($1.1 > 0 ? $1.1 * ($1.0.lossAtStop ?? $1.0.valueAtRisk ?? .nan) : 0) }
    }
}

@Suite struct AllocationTests {
    @Test("PRP 15: allocations are not negative and sum to 1 at most", arguments: UInt64(0)..<400)
    func allocationsAreShares(seed: UInt64) throws {
        let allocation = try AllocationCase(seed: seed).allocate()
        #expect(allocation.shares.allSatisfy { $0.units >= 0 })
        #expect(allocation.shares.reduce(0) { $0 + $1.units } <= Rate.one)
    }

    @Test(
        "PRP 16: a correlated pair has no more than its limit, and a connected group neither",
        arguments: UInt64(0)..<400)
    func correlatedPairs(seed: UInt64) throws {
        let example = AllocationCase(seed: seed)
        let allocation = try example.allocate()
        let units = allocation.shares.map(\.units)
        func allowed(_ share: Double) -> Int64 { Int64((share * 1e9).rounded(.up)) }
        // Connections found by walking, not by the method under test.
        var reached = units.indices.map { [$0] }
        for second in units.indices {
            for first in units.indices where first != second && units[first] > 0 && units[second] > 0 {
                let measured = example.correlations[first, second].value
                let together = measured.map { $0 * example.directions[first] * example.directions[second] } ?? 1
                guard together > 0.7 else { continue }
                #expect(units[first] + units[second] <= allowed(example.limits.correlatedPair))
                reached[first].append(second)
            }
        }
        guard let group = example.limits.correlatedGroup else { return }
        for start in units.indices {
            var members = [start]
            var next = 0
            while next < members.count {
                members += reached[members[next]].filter { !members.contains($0) }
                next += 1
            }
            if members.count > 1 { #expect(members.reduce(0) { $0 + units[$1] } <= allowed(group)) }
        }
    }

    @Test("PRP 17: all stops together cost no more than the maximum", arguments: UInt64(0)..<400)
    func totalRisk(seed: UInt64) throws {
        let example = AllocationCase(seed: seed)
        let allocation = try example.allocate()
        #expect(example.risk(allocation.weights) <= example.limits.totalRisk)
        #expect(allocation.totalRisk == example.risk(allocation.weights))
    }

    @Test("PRP 18: no symbol has more than its limit", arguments: UInt64(0)..<400)
    func singleSymbol(seed: UInt64) throws {
        let example = AllocationCase(seed: seed)
        let allocation = try example.allocate()
        #expect(allocation.weights.allSatisfy { $0 <= example.limits.singleSymbol + 1e-12 })
        // At less confidence less.
        for (request, weight) in zip(example.requests, allocation.weights) where weight > 0 {
            #expect(weight <= example.limits.singleSymbol * request.confidence + 1e-9)
        }
    }

    @Test("More confidence in one symbol never gives it less", arguments: UInt64(0)..<400)
    func confidenceIsMonotone(seed: UInt64) throws {
        var example = AllocationCase(seed: seed)
        var random = SeededRandom(seed: seed ^ 0xABCD)
        let symbol = random.below(example.requests.count)
        guard example.requests[symbol].confidence.isFinite else { return }
        let before = try example.allocate().shares[symbol]
        example.requests[symbol].confidence = random.uniform(example.requests[symbol].confidence, 1)
        // Roundings of the others may cost the last unit.
        #expect(try example.allocate().shares[symbol].units >= before.units - 2)
    }

    @Test("Nothing is left that somebody could use", arguments: UInt64(0)..<400)
    func allocationsCannotGrow(seed: UInt64) throws {
        let example = AllocationCase(seed: seed)
        let allocation = try example.allocate()
        for (symbol, part) in allocation.parts.enumerated() {
            switch part.reason {
            case .noConfidence, .badConfidence, .unknownRisk, .badRisk: #expect(part.share == .zero)
            case .singleSymbol:
                let most = example.limits.singleSymbol * example.requests[symbol].confidence
                #expect(part.share.fraction >= most - 2e-9)
            case .correlatedPair(let other):
                let sum = part.share.fraction + allocation.weights[other]
                #expect(sum >= example.limits.correlatedPair - 1e-8)
            case .correlatedGroup(let members):
                let sum = members.reduce(0) { $0 + allocation.weights[$1] }
                #expect(sum >= (example.limits.correlatedGroup ?? 2) - 1e-8)
            case .totalRisk: #expect(allocation.totalRisk >= example.limits.totalRisk - 1e-8)
            case .total: #expect(allocation.weights.reduce(0, +) >= example.limits.total - 1e-8)
            }
        }
    }

    @Test("The order of symbols changes nothing but their order", arguments: UInt64(0)..<200)
    func orderMeansNothing(seed: UInt64) throws {
        let example = AllocationCase(seed: seed)
        var turned = example
        let count = example.requests.count
        turned.requests = example.requests.reversed()
        for second in 0..<count {
            for first in 0..<second {
                turned.correlations[count - 1 - first, count - 1 - second] = example.correlations[first, second]
            }
        }
        let (straight, reversed) = (try example.allocate(), try turned.allocate())
        for (left, right) in zip(straight.shares, reversed.shares.reversed()) {
            #expect((left.units - right.units).magnitude <= 2)
        }
        #expect(try example.allocate().shares == straight.shares)
    }

    @Test func examplesOnPaper() throws {
        func request(_ confidence: Double, loss: Double = 0.01) -> AllocationRequest {
            AllocationRequest(confidence: confidence, lossAtStop: loss)
        }
        var correlations = CorrelationMatrix(symbols: 3)
        for (first, second, value) in [(0, 1, 0.9), (0, 2, 0.1), (1, 2, 0.1)] {
            correlations[first, second] = .measured(value, samples: 100)
        }
        let limits = AllocationLimits()
        #expect(
            try Allocation([request(1), request(1), request(1)], correlations: correlations, limits: limits).weights
                == [0.25, 0.25, 0.4])
        #expect(
            try Allocation([request(1), request(0), request(0.5)], correlations: correlations, limits: limits).weights
                == [0.4, 0, 0.2])
        // 6 % of risk: at a loss of 30 % for each, 20 % can be held altogether.
        let risky = try Allocation(
            [request(1, loss: 0.3), request(1, loss: 0.3), request(1, loss: 0.3)], correlations: correlations,
            limits: limits)
        #expect(risky.parts.allSatisfy { $0.reason == .totalRisk })
        #expect(risky.weights.allSatisfy { ($0 - 0.2 / 3).magnitude < 2e-9 })
    }

    @Test func aShortOffsetsALongOfTheSameKind() throws {
        var correlations = CorrelationMatrix(symbols: 2)
        correlations[0, 1] = .measured(0.9, samples: 100)
        var requests = [
            AllocationRequest(confidence: 1, lossAtStop: 0.01), AllocationRequest(confidence: 1, lossAtStop: 0.01),
        ]
        requests[1].side = .sell
        #expect(try Allocation(requests, correlations: correlations, limits: AllocationLimits()).weights == [0.4, 0.4])
        correlations[0, 1] = .measured(-0.9, samples: 100)
        #expect(
            try Allocation(requests, correlations: correlations, limits: AllocationLimits()).weights == [0.25, 0.25])
        // What was not measured counts as the same, either way round.
        for unknown in [Correlation.tooFewSamples(3), .constant(samples: 200)] {
            correlations[0, 1] = unknown
            #expect(
                try Allocation(requests, correlations: correlations, limits: AllocationLimits()).weights == [
                    0.25, 0.25,
                ])
        }
    }

    @Test func badRequestsGetNothingAndSayWhy() throws {
        let allocation = try Allocation(
            [
                AllocationRequest(confidence: .nan, lossAtStop: 0.1),
                AllocationRequest(confidence: 1.5, lossAtStop: 0.1),
                AllocationRequest(confidence: 1), AllocationRequest(confidence: 1, lossAtStop: .nan),
                AllocationRequest(confidence: 1, lossAtStop: 0), AllocationRequest(confidence: 1, lossAtStop: -0.1),
                AllocationRequest(confidence: 1, lossAtStop: .infinity),
                AllocationRequest(confidence: 0.5, valueAtRisk: 0.01),
            ], correlations: CorrelationMatrix(symbols: 8), limits: AllocationLimits())
        #expect(allocation.weights == [0, 0, 0, 0, 0, 0, 0, 0.2])
        #expect(allocation.parts[2].reason == .unknownRisk)
        #expect("\(allocation.parts[1].reason)" == "its confidence is 1.5, not a number from 0 to 1")
    }

    @Test func contradictoryLimitsAreRefusedByName() {
        func expect(_ problem: String, _ change: (inout AllocationLimits) -> Void) {
            var limits = AllocationLimits()
            #expect(limits.problems.isEmpty)
            change(&limits)
            #expect(limits.problems.contains { $0.hasPrefix(problem) }, "\(limits.problems)")
            #expect(throws: AllocationError.contradictoryLimits(limits.problems)) {
                try Allocation([], correlations: CorrelationMatrix(symbols: 0), limits: limits)
            }
        }
        expect("single_symbol (0.6) is above correlated_pair (0.5)") { $0.singleSymbol = 0.6 }
        expect("correlated_pair (0.5) is above correlated_group (0.45)") { $0.correlatedGroup = 0.45 }
        expect("correlated_pair (0.5) is above total (0.3)") { $0.total = 0.3 }
        expect("total_risk must be above 0 and at most 1, was 0.0") { $0.totalRisk = 0 }
        expect("total_risk must be") { $0.totalRisk = .nan }
        expect("correlation must be between -1 and 1, was 2.0") { $0.correlation = 2 }
    }
}

@Suite struct RebalanceScheduleTests {
    @Test func capitalIsDividedAtTheStartAndEverySixHours() throws {
        var schedule = RebalanceSchedule()
        let start = try Timestamp(parsing: "2025-03-01T04:59:00Z")
        var due: [String] = []
        for minute in 0..<(24 * 60) {
            let now = start + .minutes(Int64(minute))
            if schedule.isDue(at: now) { due.append("\(now)") }
        }
        #expect(
            due == [
                "2025-03-01T04:59:00Z", "2025-03-01T06:00:00Z", "2025-03-01T12:00:00Z", "2025-03-01T18:00:00Z",
                "2025-03-02T00:00:00Z",
            ])
    }

    @Test func aClockThatJumpsBackIsNotDueAgainAndAGapIsDueOnce() throws {
        let now = try Timestamp(parsing: "2025-03-01T12:00:00Z")
        var schedule = RebalanceSchedule(last: now)
        let times = [now - .hours(7), now + .hours(5), now + .days(3), now + .days(3), .distantFuture]
        let due = times.map { schedule.isDue(at: $0) }
        #expect(due == [false, false, true, false, true])
    }
}
