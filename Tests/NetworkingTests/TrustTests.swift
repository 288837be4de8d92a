// SPDX-License-Identifier: Apache-2.0

import Glibc
import Networking
import TestSupport
import Testing
import Trading
import VenueInterface

/// Certificates that are made for the test, by an authority that nobody else trusts.
private final class Certificates {
    let folder: TemporaryFolder
    let authority: String

    init() throws {
        folder = TemporaryFolder()
        authority = folder.path + "/authority.pem"
        let made = execute(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
                "2", "-subj", "/CN=Test authority", "-keyout", folder.path + "/authority.key", "-out", authority,
            ])
        try #require(made == 0, "the openssl command is needed to make certificates")
    }

    /// - Parameter names: As `DNS:localhost` or `IP:127.0.0.1`.
    func issue(_ names: String, isSelfSigned: Bool = false) throws -> LoopbackServer.Settings {
        let (key, chain) = (folder.path + "/server.key", folder.path + "/server.pem")
        if isSelfSigned {
            let arguments = [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=Test server", "-addext", "subjectAltName=\(names)", "-addext",
                "basicConstraints=CA:FALSE", "-keyout", key, "-out", chain,
            ]
            try #require(execute("openssl", arguments) == 0)
        } else {
            let request = folder.path + "/server.csr"
            let extensions = folder.path + "/extensions"
            let file = try #require(fopen(extensions, "w"))
            fputs("subjectAltName=\(names)\n", file)
            fclose(file)
            try #require(
                execute(
                    "openssl",
                    [
                        "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                        "/CN=Test server", "-keyout", key, "-out", request,
                    ]) == 0)
            try #require(
                execute(
                    "openssl",
                    [
                        "x509", "-req", "-in", request, "-CA", authority, "-CAkey", folder.path + "/authority.key",
                        "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", chain,
                    ]) == 0)
        }
        var settings = LoopbackServer.Settings()
        settings.certificate = .init(chainFile: chain, keyFile: key)
        return settings
    }
}

@Suite struct TrustTests {
    private func exchange(_ wire: Wire) {
        wire.serve = { event, server in
            switch event {
            case .request(let request): server.respond(to: request.connection, body: request.body)
            case .message(let id, let bytes): server.send(bytes, to: id)
            default: break
            }
        }
        wire.react = { input, transport in
            if case .streamOpened(let id) = input { transport.perform(.send(id, bytes("hello"))) }
        }
        wire.transport.perform(.openStream(stream, path: "/ws"))
        wire.transport.perform(post(1, "/info", "question"))
        wire.run { wire.outcomes.count == 1 && wire.messages.count + wire.closings.count == 1 }
    }

    private func expectUntrusted(_ wire: Wire, sourceLocation: SourceLocation = #_sourceLocation) {
        exchange(wire)
        print("refused: \(wire.closings), \(wire.outcomes)")
        guard case .failure(.untrusted) = wire.outcomes.first, case .untrusted = wire.closings.first else {
            Issue.record("\(wire.inputs)", sourceLocation: sourceLocation)
            return
        }
        #expect(wire.requests.isEmpty, "nothing may be sent to who is not trusted", sourceLocation: sourceLocation)
        // The server keeps nothing of a handshake that failed.
        wire.run(until: { wire.server.connectionsOpen == 0 }, sourceLocation: sourceLocation)
    }

    @Test("A certificate of a trusted authority is accepted", arguments: ["127.0.0.1", "localhost"])
    func accepted(host: String) throws {
        let certificates = try Certificates()
        let settings = try certificates.issue("DNS:localhost,IP:127.0.0.1")
        let wire = try Wire(server: settings, host: host) { $0.authoritiesFile = certificates.authority }
        exchange(wire)
        #expect(wire.messages == [bytes("hello")])
        #expect(wire.outcomes == [.response(status: 200, body: bytes("question"), retryAfter: nil)])
    }

    @Test func anUnknownAuthorityIsRefused() throws {
        let certificates = try Certificates()
        expectUntrusted(try Wire(server: try certificates.issue("IP:127.0.0.1")))
    }

    @Test func aSelfSignedCertificateIsRefused() throws {
        let certificates = try Certificates()
        expectUntrusted(
            try Wire(server: try certificates.issue("IP:127.0.0.1", isSelfSigned: true)) {
                $0.authoritiesFile = certificates.authority
            })
    }

    @Test("A certificate for another host is refused", arguments: ["127.0.0.1", "localhost"])
    func wrongHost(host: String) throws {
        let certificates = try Certificates()
        let settings = try certificates.issue("DNS:api.example.com,IP:127.0.0.2")
        expectUntrusted(try Wire(server: settings, host: host) { $0.authoritiesFile = certificates.authority })
    }

    @Test func verificationIsOffWhereItIsAskedFor() throws {
        let certificates = try Certificates()
        let settings = try certificates.issue("DNS:api.example.com", isSelfSigned: true)
        let wire = try Wire(server: settings) { $0.verifiesCertificates = false }
        exchange(wire)
        #expect(wire.messages == [bytes("hello")])
        #expect(wire.outcomes == [.response(status: 200, body: bytes("question"), retryAfter: nil)])
    }

    @Test func largeMessagesOverTLS() throws {
        let certificates = try Certificates()
        let wire = try Wire(server: try certificates.issue("IP:127.0.0.1")) {
            $0.authoritiesFile = certificates.authority
        }
        let text = (0..<1_000_000).map { UInt8(ascii: "a") + UInt8($0 % 26) }
        wire.serve = { event, server in
            if case .message(let id, let bytes) = event { server.send(bytes, to: id) }
        }
        wire.react = { input, transport in
            if case .streamOpened(let id) = input { transport.perform(.send(id, text)) }
        }
        wire.transport.perform(.openStream(stream, path: "/ws"))
        wire.run { !wire.messages.isEmpty }
        #expect(wire.messages == [text])
    }

    @Test func aServerWithoutTLSIsNotTrusted() throws {
        let wire = try Wire { endpoint in
            let port = endpoint.rest.port
            endpoint.rest = (try? ServerAddress(parsing: "https://127.0.0.1:\(port)")) ?? endpoint.rest
            endpoint.stream = (try? ServerAddress(parsing: "wss://127.0.0.1:\(port)")) ?? endpoint.stream
        }
        exchange(wire)
        #expect(wire.closings.count == 1 && wire.closings.allSatisfy(\.neverArrived))
        guard case .failure(let failure) = wire.outcomes.first else {
            Issue.record("\(wire.outcomes)")
            return
        }
        #expect(failure.neverArrived)
    }

    @Test func aMissingFileOfAuthoritiesIsSaid() {
        #expect(throws: NetworkError.self) { try Wire { $0.authoritiesFile = "/nowhere/authorities.pem" } }
    }

    @Test func aMissingCertificateIsSaid() throws {
        var settings = LoopbackServer.Settings()
        settings.certificate = .init(chainFile: "/nowhere/a.pem", keyFile: "/nowhere/a.key")
        #expect(throws: NetworkError.self) { try Wire(server: settings) }
    }
}
