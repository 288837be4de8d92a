// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Networking

@Suite struct AddressTests {
    @Test(
        "Addresses are read",
        arguments: [
            ("https://api.hyperliquid.xyz", true, "api.hyperliquid.xyz", 443, "", "https://api.hyperliquid.xyz"),
            ("wss://api.hyperliquid.xyz/", true, "api.hyperliquid.xyz", 443, "", "wss://api.hyperliquid.xyz"),
            ("http://127.0.0.1:3001", false, "127.0.0.1", 3001, "", "http://127.0.0.1:3001"),
            ("ws://localhost:80/api/v2//", false, "localhost", 80, "/api/v2", "ws://localhost/api/v2"),
            ("https://[::1]:8443/x", true, "::1", 8443, "/x", "https://[::1]:8443/x"),
            ("https://[::1]", true, "::1", 443, "", "https://[::1]"),
        ] as [(String, Bool, String, UInt16, String, String)])
    func reads(text: String, isSecure: Bool, host: String, port: UInt16, path: String, description: String) throws {
        let address = try ServerAddress(parsing: text)
        #expect(address.isSecure == isSecure && address.host == host && address.port == port)
        #expect(address.pathPrefix == path && address.description == description)
    }

    @Test(
        "What is no address is refused",
        arguments: [
            "", "api.example.com", "ftp://a", "https://", "https://a:0", "https://a:65536", "https://a:b",
            "https://user@a",
            "https://a b", "https://a/x?y", "https://a\r\nHost: b", "https://[::1", "https://[::1]x", "wss://a/\u{e9}",
        ])
    func refuses(text: String) {
        #expect(throws: NetworkError.self) { try ServerAddress(parsing: text) }
    }

    @Test(
        "The environment names the proxy",
        arguments: [
            ("https://a.example.com", ["https_proxy": "http://p:1"], "p:1"),
            ("wss://a.example.com", ["HTTPS_PROXY": "p:1"], "p:1"),
            ("https://a.example.com", ["http_proxy": "http://p:1"], nil),
            ("http://a.example.com", ["http_proxy": "http://p:1/"], "p:1"),
            ("http://a.example.com", ["HTTP_PROXY": "http://p:1"], nil),
            ("https://a.example.com", ["all_proxy": "http://u:p%40ss@p:2"], "u:p@ss@p:2"),
            ("https://a.example.com", ["https_proxy": "http://p:1", "no_proxy": "b.com, example.com"], nil),
            ("https://a.example.com", ["https_proxy": "http://p:1", "NO_PROXY": ".example.com"], nil),
            ("https://anexample.com", ["https_proxy": "http://p:1", "no_proxy": "example.com"], "p:1"),
            ("https://a.example.com", ["https_proxy": "http://p:1", "no_proxy": "*"], nil),
            ("https://a.example.com", ["https_proxy": ""], nil),
        ] as [(String, [String: String], String?)])
    func proxy(server: String, environment: [String: String], expected: String?) throws {
        let address = try ServerAddress(parsing: server)
        let proxy = try ProxySetting.environment.proxy(for: address) { environment[$0] }
        let text = proxy.map { ($0.credentials.map { $0 + "@" } ?? "") + "\($0.host):\($0.port)" }
        #expect(text == expected)
    }

    @Test func aBadProxyIsRefusedWithoutItsPassword() {
        #expect {
            try ProxyAddress(parsing: "http://user:hunter2@p:xyz")
        } throws: { error in
            !"\(error)".contains("hunter2")
        }
    }
}
