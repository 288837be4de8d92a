// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Trading

@testable import Configuration

@Suite("Settings of live trading") struct LiveTests {
    static let base = """
        strategies:
          s: { type: any, exchange: hyperliquid, market: BTC, timeframe: 1h }
        """

    private func document(_ text: String, _ overrides: [String] = []) throws -> ConfigurationDocument {
        try ConfigurationDocument(parsing: text, file: "f").applying(
            overrides.map { try ConfigurationOverride(parsing: $0) })
    }

    private func configuration(_ overrides: [String]) throws -> ApusConfiguration {
        try ConfigurationCheck(of: document(Self.base, overrides), strategyTypes: nil).get()
    }

    @Test("A venue's addresses follow from its network, or from its url")
    func addresses() throws {
        let cases = [
            ("mainnet", "https://api.hyperliquid.xyz", "wss://api.hyperliquid.xyz"),
            ("testnet", "https://api.hyperliquid-testnet.xyz", "wss://api.hyperliquid-testnet.xyz"),
            ("testnet, url: 'http://127.0.0.1:31/'", "http://127.0.0.1:31", "ws://127.0.0.1:31"),
            ("mainnet, url: 'https://[::1]'", "https://[::1]", "wss://[::1]"),
            (
                "testnet, url: 'http://localhost:1', stream_url: 'ws://localhost:2'", "http://localhost:1",
                "ws://localhost:2"
            ),
        ]
        for (network, address, stream) in cases {
            let venue = try #require(
                try configuration(["venues.v={ type: hyperliquid, network: \(network) }"]).venues.first)
            #expect(venue.address.description == address && venue.streamAddress.description == stream)
        }
    }

    @Test(
        "Addresses that would send orders in the clear, or that hold more than a host, are refused",
        arguments: [
            "http://api.example.org", "http://127.example.org", "http://127.0.0.1.example.org", "http://10.0.0.1:1",
            "https://", "https://host:0", "https://host:65536", "https://host:", "https://host/path", "https://a b",
            "https://user:secret@host", "https://host?x=1", "ftp://host", "host", "https:/host", "https://[::1",
            "https://[host]", "https://hóst",
        ])
    func refusedAddresses(text: String) {
        #expect(!TextRule.webAddress.allows(text))
    }

    @Test(
        "Credentials say where the key is, and are never the key",
        arguments: [
            ("env:APUS_KEY", CredentialSource.environment("APUS_KEY")), ("file:/run/a b", .file("/run/a b")),
            ("vault:agent-1", .vault("agent-1")), ("env:", nil), ("env:1A", nil), ("env:A B", nil), ("vault:../a", nil),
            ("key:abc", nil), ("APUS_KEY", nil), ("", nil),
            ("file:" + String(repeating: "a1", count: 32), nil), ("env:" + String(repeating: "F", count: 64), nil),
        ] as [(String, CredentialSource?)])
    func credentials(text: String, expected: CredentialSource?) {
        #expect(CredentialSource(text) == expected)
        if let expected { #expect(expected.description == text) }
    }

    @Test("A key that stands in the wrong place is in no message", arguments: 0..<60 as Range<UInt64>)
    func hiddenKeys(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let digits = (0..<64).map { _ in String("0123456789abcdefABCDEF".randomElement(using: &random) ?? "a") }
            .joined()
        let key = (Bool.random(using: &random) ? "0x" : "") + digits
        let keys = ConfigurationSchema.allKeys.map(\.path).filter { $0.split(separator: ".").count < 6 }
        let path = (keys.randomElement(using: &random) ?? "").split(separator: ".").map { part in
            ["VENUE": "v", "STRATEGY": "s", "SYMBOL": "BTC", "ASSET": "USDC", "N": "0"][String(part)] ?? String(part)
        }.joined(separator: ".")
        var messages: [String] = []
        for argument in ["\(path)='\(key)'", "\(path)={ '\(key)': 1 }", "venues.\(key)=5", "'\(key)'"] {
            do {
                let check = ConfigurationCheck(of: try document(Self.base, [argument]), strategyTypes: nil)
                messages += check.problems.map(\.description) + check.warnings.map(\.description)
            } catch {
                messages.append("\(error)")
            }
        }
        #expect(!messages.isEmpty)
        for message in messages {
            #expect(!message.contains(digits.prefix(20)) && !message.contains(digits.suffix(20)), "\(message)")
        }
    }

    @Test("Live trading needs limits: what is missing is listed")
    func missingLimits() throws {
        #expect(
            try configuration([]).limits.missingForLive == [
                "max_order_notional", "max_position_notional", "max_total_notional", "max_leverage", "daily_loss",
            ])
        let some = try configuration(["limits={ max_order_notional: 5, max_leverage: 2, daily_loss: 1 }"]).limits
        #expect(some.missingForLive == ["max_position_notional", "max_total_notional"] && !some.isConfigured)
        let all = try configuration([
            "limits={ max_order_notional: 5, max_position_notional: 5, max_total_notional: 5.50, max_leverage: 2, daily_loss: 1 }"
        ]).limits
        #expect(all.isConfigured && all.maximumTotalNotional?.description == "5.5")
    }

    @Test("The smallest of the quantities that mean one market holds")
    func quantities() throws {
        let configuration = try configuration(["limits.max_order_quantity={ BTC: 2, BTC-USD: 0.5 }"])
        let market = try #require(configuration.markets.first)
        #expect(configuration.limits.maximumOrderQuantity(of: market)?.description == "0.5")
    }

    @Test("The defaults are the documented ones")
    func defaults() throws {
        let configuration = try configuration(["venues.v={ type: hyperliquid, network: testnet }"])
        let venue = try #require(configuration.venues.first)
        #expect(venue.name == "v" && venue.candles == .oneMinute && venue.orderExpiry == .seconds(10))
        #expect(venue.externalOrders == .ignore && venue.deadManSwitch == .off && venue.clock == .wall)
        #expect(venue.rateLimit == 1200 && venue.reconcileEvery == .minutes(1) && venue.usesWebSocketOrders)
        #expect(venue.missingForOrders == ["account", "credentials"])
        let live = configuration.live
        #expect(live.instance == "apus" && live.durability == .process && live.shutdown == .cancelOrders)
        #expect(live.barGrace == .seconds(2) && live.historyDays == nil && live.instanceFolder == "./apus-journal/apus")
        #expect(configuration.limits.priceCollar == Rate(units: 50_000_000))
        #expect(configuration.limits.deMinimis.maximumPositionNotional == Amount(whole: 15))
        #expect(configuration.promotion.paper.minimumTime == .days(7))
        #expect(configuration.promotion.dryRun.minimumRoundTrips == nil)
        #expect(configuration.promotion.deMinimis.maximumDrawdown == Rate(units: 100_000_000))
        #expect(configuration.logging.level == .info && configuration.logging.standardErrorLevel == .warning)
        #expect(configuration.strategies.map(\.venue) == ["v"])
    }

    @Test("A venue gives a strategy its exchange where it names none")
    func venueExchange() throws {
        let text = "strategies: { s: { type: any, venue: v, market: ETH-USD, timeframe: 1h } }"
        let check = ConfigurationCheck(
            of: try document(text, ["venues.v={ type: hyperliquid, network: testnet }"]), strategyTypes: nil)
        let strategy = try #require(try check.get().strategies.first)
        #expect(strategy.exchange == "hyperliquid" && strategy.venue == "v" && strategy.markets[0].symbol == "ETH")
    }

    @Test("A journal's mark follows from the instance's name and from when it was begun")
    func instanceNumber() throws {
        let (one, two) = (try configuration(["live.instance=one"]).live, try configuration(["live.instance=two"]).live)
        let (early, late) = (Timestamp(seconds: 1_700_000_000), Timestamp(seconds: 1_700_000_001))
        #expect(one.instanceNumber(begunAt: early) == one.instanceNumber(begunAt: early))
        #expect(one.instanceNumber(begunAt: early) != one.instanceNumber(begunAt: late))
        #expect(one.instanceNumber(begunAt: early) != two.instanceNumber(begunAt: early))
    }

    @Test("The fingerprint sees what decides the trading, and nothing else")
    func fingerprint() throws {
        let text =
            Self.base
            + "\nlimits: { daily_loss: 5.0, max_leverage: 2 }\nvenues: { v: { type: hyperliquid, network: testnet } }"
            + "\nexternal: { fear: { file: a.csv, max_age: 1h } }"
        let original = try document(text).tradingFingerprint
        let same = [
            "live.instance=other", "logging.level=debug", "promotion.paper.min_days=3", "report.title=x",
            "data.store=/tmp/x", "venues.v.credentials='env:A'", "limits={ max_leverage: 2.00, daily_loss: 5 }",
            "external.fear.file=b.csv",
        ]
        for change in same { #expect(try document(text, [change]).tradingFingerprint == original, "\(change)") }
        let different = [
            "strategies.s.timeframe=2h", "limits.daily_loss=6", "account.balances={ USDC: 5 }",
            "venues.v.network=mainnet",
            "strategies.t={ type: any, market: ETHUSDT, timeframe: 1h }", "simulation.seed=1",
            "venues.v.url='http://127.0.0.1:1'", "strategies.s.market=ETH",
            "external.fear.max_age=2h", "external.fear.column=x", "external.greed={ file: a.csv, max_age: 1h }",
        ]
        var seen: Set = [original]
        for change in different {
            #expect(try seen.insert(document(text, [change]).tradingFingerprint).inserted, "\(change)")
        }
    }

    @Test("A journal belongs to what decides and to its accounts")
    func journalFingerprint() throws {
        let text =
            Self.base
            + "\nlimits: { daily_loss: 5.0, max_leverage: 2 }\nvenues: { v: { type: hyperliquid, network: testnet } }"
        let original = try document(text).journalFingerprint
        for change in [
            "logging.level=debug", "logging.file=/tmp/x.log", "live.control_socket=/tmp/x", "live.status_every=5s",
            "live.shutdown=flatten", "data.store=/tmp/x", "report.title=x", "venues.v.credentials='env:A'",
            "venues.v.reconcile_every=5m",
        ] {
            #expect(try document(text, [change]).journalFingerprint == original, "\(change)")
        }
        for change in [
            "strategies.s.timeframe=2h", "limits.daily_loss=6", "account.balances={ USDC: 5 }", "simulation.seed=1",
            "venues.v.network=mainnet", "venues.v.account='0x0000000000000000000000000000000000000001'",
            "venues.v.vault_address='0x0000000000000000000000000000000000000001'",
        ] {
            #expect(try document(text, [change]).journalFingerprint != original, "\(change)")
        }
    }
}
