// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import Hyperliquid
import Networking

/// A server as locks and limits tell it from others, however its name is written.
struct ServerName: Hashable, CustomStringConvertible {
    let description: String

    init(_ address: HostAddress) {
        var host = address.host.lowercased()
        while host.count > 1, host.last == "." { host.removeLast() }
        if let short = Self.shortest(host) { host = short }
        if host == "127.0.0.1" || host == "::1" || host == "::ffff:127.0.0.1" { host = "localhost" }
        description = "\(host):\(address.port ?? (address.isEncrypted ? 443 : 80))"
    }

    /// The one way to write an IPv6 address; `nil` for everything else.
    private static func shortest(_ host: String) -> String? {
        var address = in6_addr()
        guard inet_pton(AF_INET6, host, &address) == 1 else { return nil }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &address, &text, socklen_t(text.count)) != nil else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// How venues at one server share what it allows to one network address.
///
/// Each gets a fixed part: what one does not use the others do not get, and none can keep another one from cancelling.
struct RequestShares {
    /// Weight a minute, by venue.
    let weights: [Int]
    /// How many share the server, the venue itself included.
    let counts: [Int]

    /// The heaviest request must fit what its kind may fill a share up to (a page of fills: 121 of 85 %; candles: 104 of
    /// 60 %).
    static let least = 174

    /// - Parameter venues: The way that requests go, and the configured limit of the address.
    init(_ venues: [(way: String, limit: Int)]) {
        counts = venues.map { venue in venues.count { $0.way == venue.way } }
        weights = venues.map { venue in
            let limits = venues.filter { $0.way == venue.way }.map(\.limit)
            guard limits.count > 1, let largest = limits.max() else { return venue.limit }
            // Together no more than the largest of them: they name one and the same limit.
            return Int(Int128(venue.limit) * Int128(largest) / limits.reduce(Int128(0)) { $0 + Int128($1) })
        }
    }

    /// Bounds a connector by the share of its venue.
    func apply(to limits: inout HyperliquidConnector.Limits, venue: Int) {
        let count = counts[venue]
        limits.weightPerMinute = max(1, weights[venue])
        limits.connectionsPerMinute = max(1, limits.connectionsPerMinute / count)
        limits.socketMessagesPerMinute = max(1, limits.socketMessagesPerMinute / count)
        limits.postsInFlight = max(1, limits.postsInFlight / count)
    }

    /// Venues whose share is too small to read the account or bars with.
    var tooSmall: [Int] { weights.indices.filter { counts[$0] > 1 && weights[$0] < Self.least } }
}

extension Configuration.VenueSettings {
    /// The server and the proxy before it: what one network address is to a venue.
    func way() throws(NetworkError) -> String {
        let endpoint = try endpoint()
        let proxy = try endpoint.proxy.proxy(for: endpoint.rest)
        return "\(ServerName(address))" + (proxy.map { " by \($0.host.lowercased()):\($0.port)" } ?? "")
    }
}
