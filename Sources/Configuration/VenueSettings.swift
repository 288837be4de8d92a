// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Where a secret is; the secret itself is never part of a configuration.
public enum CredentialSource: Sendable, Hashable, CustomStringConvertible {
    /// An environment variable.
    case environment(String)
    /// A file that only its owner can read.
    case file(String)
    /// An entry of the encrypted vault.
    case vault(String)

    /// Reads `env:NAME`, `file:PATH` or `vault:NAME`.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty, !text.holdsKey else { return nil }
        let name = String(parts[1])
        switch parts[0] {
        case "env":
            guard name.utf8.first?.isDigit == false,
                name.utf8.allSatisfy({ $0.isLetterOrDigit || $0 == UInt8(ascii: "_") })
            else { return nil }
            self = .environment(name)
        case "file": self = .file(name)
        case "vault":
            guard TextRule.name.allows(name) else { return nil }
            self = .vault(name)
        default: return nil
        }
    }

    public var description: String {
        switch self {
        case .environment(let name): "env:\(name)"
        case .file(let path): "file:\(path)"
        case .vault(let name): "vault:\(name)"
        }
    }
}

/// One exchange that live modes connect to.
public struct VenueSettings: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable { case hyperliquid }
    public enum Network: String, Sendable, Hashable, CaseIterable { case mainnet, testnet }
    public enum Clock: String, Sendable, Hashable, CaseIterable { case wall, venue }
    public enum ExternalOrders: String, Sendable, Hashable, CaseIterable { case ignore, adopt }
    public enum DeadManSwitch: String, Sendable, Hashable, CaseIterable {
        case off
        /// Only while no stop or target is working there.
        case whenUnprotected = "when_unprotected"
        case always
    }

    /// Unique; the venue's identity in every record.
    public let name: String
    public let type: Kind
    /// What orders are signed for, whatever the address.
    public let network: Network
    /// Its own, or the network's.
    public let address: HostAddress
    /// Its own, or what follows from the address.
    public let streamAddress: HostAddress
    /// `0x` and 40 lower-case hexadecimal digits, as are all addresses here.
    public let account: String?
    public let vaultAddress: String?
    public let credentials: CredentialSource?
    public let usesWebSocketOrders: Bool
    /// `nil`: orders do not expire on their way.
    public let orderExpiry: TimeSpan?
    public let clock: Clock
    public let certificateFile: String?
    public let proxy: HostAddress?
    /// The candles that are subscribed.
    public let candles: Timeframe
    /// The longest silence of a stream that is still well, and for candles their number, the longer of the two.
    public let staleAfter: TimeSpan
    public let staleCandles: Int64
    public let externalOrders: ExternalOrders
    public let reconcileEvery: TimeSpan
    /// Weight of requests a minute.
    public let rateLimit: Int64
    public let deadManSwitch: DeadManSwitch
    public let deadManDelay: TimeSpan
    public let maximumClockSkew: TimeSpan

    /// Keys that are needed to send orders and are not given, in the order of the reference page.
    public var missingForOrders: [String] {
        (account == nil ? ["account"] : []) + (credentials == nil ? ["credentials"] : [])
    }
}
