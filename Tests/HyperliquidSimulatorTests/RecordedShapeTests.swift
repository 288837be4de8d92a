// SPDX-License-Identifier: Apache-2.0

import Cryptography
import HyperliquidSimulator
import JSON
import Testing
import Trading

/// What the real venue once answered, against what the simulated one answers to the same question: the same members of
/// the same kinds.
@Suite struct RecordedShapeTests {
    /// Members that the venue has dropped since the recordings.
    static let dropped: Set<String> = ["maxTradeSzs"]

    @Test func answersHaveTheMembersOfRecordedOnes() throws {
        guard let bytes = sharedFile("conformance/payloads/hyperliquid-info-recorded.json") else { return }
        let cases = try #require(try JSON.parse(bytes)["cases"])
        var compared: Set<String> = []
        for item in cases.elements {
            guard let request = item["request"], let type = request["type"]?.string, let recorded = item["response"]
            else {
                continue
            }
            var venue = try busyVenue(user: request["user"]?.string)
            // The same question, about what there is here.
            var text = request.text
            for key in ["startTime", "endTime"] {
                guard let number = request[key]?.numberText else { continue }
                text = text.replacing(
                    "\"\(key)\":\(number)", with: "\"\(key)\":\(key == "startTime" ? "0" : "9999999999999")")
            }
            for coin in [request["coin"]?.string, request["req"]?["coin"]?.string] {
                if let coin { text = text.replacing("\"coin\":\"\(coin)\"", with: "\"coin\":\"BTC\"") }
            }
            let ours = venue.info(text)
            for problem in differences(recorded, ours, at: type) { Issue.record("\(problem)") }
            compared.insert(type)
        }
        #expect(
            compared.isSuperset(of: [
                "meta", "frontendOpenOrders", "fundingHistory", "l2Book", "clearinghouseState", "userRateLimit",
                "extraAgents",
                "userNonFundingLedgerUpdates",
            ]), "compared only \(compared.sorted())")
    }

    private func busyVenue(user: String?) throws -> Venue {
        let user = user.flatMap { try? Address(parsing: $0.lowercased()) } ?? Venue.alice
        var configuration = Venue.configuration {
            $0.limits.areEnforced = false
            $0.assumedSigner = user
            $0.markets[0].fundingRate = Rate(units: 12_500)
        }
        configuration.accounts[0].address = user
        configuration.agents = [
            AgentConfiguration(address: Address(bytes: [UInt8](repeating: 0xEE, count: 20)), account: user)
        ]
        var venue = Venue(configuration)
        venue.trade("BTC", "50000")
        _ = venue.order(limit(0, buy: true, "51000", "0.01", tif: "Ioc"))
        _ = venue.order(
            limit(0, buy: true, "49500", "0.002"), trigger(0, buy: false, at: "51000", "50000", "0.002", kind: "tp"),
            trigger(0, buy: false, at: "49000", "48000", "0.002"), grouping: "normalTpsl")
        venue.trade("BTC", "50000", after: .hours(1))
        venue.simulator.deposit(Fixed8(5), to: user, wall: venue.wall)
        return venue
    }

    private func differences(_ recorded: JSONValue, _ ours: JSONValue, at path: String) -> [String] {
        if recorded.isNull || ours.isNull { return [] }
        switch recorded.kind {
        case .object:
            guard ours.kind == .object else { return ["\(path) is \(ours.kind), recorded was an object"] }
            return recorded.members.flatMap { key, value -> [String] in
                if Self.dropped.contains(key) { return [] }
                guard let other = ours[key] else { return ["\(path).\(key) is missing"] }
                return differences(value, other, at: "\(path).\(key)")
            }
        case .array:
            guard ours.kind == .array else { return ["\(path) is \(ours.kind), recorded was a list"] }
            if recorded.count > 0, ours.count == 0, !path.hasSuffix(".children") { return ["\(path) is empty"] }
            // Ledger rows differ by their type.
            if path.hasPrefix("userNonFunding") {
                return zip(recorded.elements, ours.elements).flatMap { differences($0, $1, at: "\(path)[]") }.prefix(1)
                    .map { $0 }
            }
            guard let first = recorded[0], let own = ours[0] else { return [] }
            return differences(first, own, at: "\(path)[]")
        default:
            let isSame =
                recorded.kind == ours.kind || [recorded.kind, ours.kind].allSatisfy { $0 == .true || $0 == .false }
            return isSame ? [] : ["\(path) is \(ours.kind), recorded was \(recorded.kind)"]
        }
    }
}
