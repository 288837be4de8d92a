// SPDX-License-Identifier: Apache-2.0

import Glibc
import TestSupport
import Testing
import Trading
import VenueInterface

@testable import Networking

@Suite struct RecorderTests {
    private func content(_ path: String) throws -> String {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 16 << 20)
        return String(decoding: bytes[..<fread(&bytes, 1, bytes.count, file)], as: UTF8.self)
    }

    private func moment(_ number: Int64) -> Moment {
        Moment(wall: Timestamp(nanoseconds: 1_700_000_000_000_000_000 + number), monotonic: .milliseconds(number))
    }

    @Test("What is recorded comes back, byte for byte")
    func readsBack() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/traffic.jsonl"
        let inputs: [ConnectorInput] = [
            .start, .streamOpened(StreamID(3)), .message(StreamID(3), bytes(#"{"a":"\"\\é😀\n"}"#)),
            .message(StreamID(3), []), .message(StreamID(3), Array(0...255)),
            .answer(RequestID(.max), .response(status: 429, body: bytes("wait"), retryAfter: .seconds(3))),
            .answer(RequestID(1), .failure(.timedOut)), .answer(RequestID(2), .failure(.unreachable("no \"route\""))),
            .streamClosed(StreamID(3), .closed("code 1001")), .streamClosed(StreamID(4), .untrusted("x")), .wake, .stop,
        ]
        do {
            let recorder = try TrafficRecorder(path: path)
            for (index, input) in inputs.enumerated() {
                recorder.record(input, at: moment(Int64(index)))
                recorder.record(.send(StreamID(3), bytes("ping")), at: moment(Int64(index)))
            }
        }
        var reader = try RecordingReader(path: path)
        var read: [RecordingReader.Entry] = []
        while let entry = reader.next() { read.append(entry) }
        #expect(reader.failure == nil)
        #expect(read.map(\.input) == inputs)
        #expect(read.map(\.now) == inputs.indices.map { moment(Int64($0)) })
    }

    @Test("Any bytes come back", arguments: UInt64(0)..<50)
    func anyBytes(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let alphabet: [UInt8] = [
            0, 10, 34, 92, 97, 117, 127, 0x80, 0xBF, 0xC3, 0xA9, 0xE2, 0x82, 0xAC, 0xED, 0xA0, 0xF0, 0xFF,
        ]
        let text = (0..<Int.random(in: 0..<100, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0
        }
        var line = bytes(#"{"text":""#)
        RecordingLine.escape(text, into: &line)
        line += bytes(#""}"#)
        #expect(RecordingLine(line[...])?[text: "text"] == text)
        #expect(String(validating: line, as: UTF8.self) != nil, "the line itself is always good UTF-8")
    }

    @Test("Nothing secret is written")
    func redaction() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/traffic.jsonl"
        let secrets = ["5ec7e7", "deadbeef01", "hunter2", "k3y", "tok3n", "s1gn"]
        do {
            let recorder = try TrafficRecorder(path: path)
            let signature = #"{"r":"0x5ec7e7","s":"0xdeadbeef01","v":27}"#
            let signed = #"{"action":{"type":"order"},"nonce":17,"signature":\#(signature)}"#
            recorder.record(post(1, "/exchange", signed), at: moment(1))
            recorder.record(.send(stream, bytes(#"{"method":"post","request":{"payload":\#(signed)}}"#)), at: moment(2))
            recorder.record(.send(stream, bytes(#"{"Api_Key" : "k3y","passphrase":"hunter2", "x":1}"#)), at: moment(3))
            recorder.record(.send(stream, bytes(#"{"signature":{"r":"0x5ec7e7"#)), at: moment(4))
            let nested = #"["auth",{"secret":["hunter2",{"a":"k3y"}],"signature":"s1gn"}]"#
            recorder.record(.send(stream, bytes(nested)), at: moment(5))
            let path = "/order?symbol=A&signature=s1gn&x=1"
            var request = HTTPRequest(id: RequestID(2), method: .get, path: path, body: [])
            request.headers = [("X-MBX-APIKEY", "k3y"), ("Authorization", "Bearer tok3n")]
            recorder.record(.request(request), at: moment(6))
            recorder.record(post(3, "/x", "a=1&apiKey=k3y&signature=s1gn"), at: moment(7))
            let answer = bytes(#"{"listenKey":"tok3n"}"#)
            recorder.record(.answer(RequestID(2), .response(status: 200, body: answer, retryAfter: nil)), at: moment(8))
        }
        let text = try content(path)
        for secret in secrets { #expect(!text.contains(secret), "'\(secret)' is in the recording") }
        for kept in [#"\"nonce\":17"#, "symbol=A", "x=1", #"\"x\":1"#, "X-MBX-APIKEY", #"\"type\":\"order\""#] {
            #expect(text.contains(kept), "'\(kept)' is missing")
        }
    }

    @Test(
        "What is not secret stays as it is",
        arguments: [
            #"{"channel":"trades","data":[{"hash":"0xabc","feeToken":"USDC","tid":1}]}"#, #"{"a":"signature"}"#,
            #"["signature","x"]"#, "plain text = nothing", "", "\"", #"{"seed"#,
        ])
    func untouched(text: String) {
        #expect(Redaction.redact(bytes(text)) == bytes(text))
    }

    @Test func oldFilesGo() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/traffic.jsonl"
        var settings = TrafficRecorder.Settings()
        settings.fileBytesMax = 100_000
        settings.olderFilesMax = 2
        let recorder = try TrafficRecorder(path: path, settings: settings)
        for number in 0..<2000 {
            recorder.record(.message(stream, bytes(String(repeating: "x", count: 200))), at: moment(Int64(number)))
        }
        recorder.flush()
        #expect(access(path, F_OK) == 0 && access(path + ".1", F_OK) == 0 && access(path + ".2", F_OK) == 0)
        #expect(access(path + ".3", F_OK) != 0)
        var information = stat()
        #expect(stat(path + ".1", &information) == 0 && information.st_size < 300_000)
        #expect(information.st_mode & 0o077 == 0, "only the owner may read it")
    }

    @Test func aLineCutOffAtTheEndIsLeftOut() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/traffic.jsonl"
        do {
            let recorder = try TrafficRecorder(path: path)
            recorder.record(.start, at: moment(1))
            recorder.record(.wake, at: moment(2))
        }
        var information = stat()
        try #require(stat(path, &information) == 0)
        try #require(truncate(path, information.st_size - 5) == 0)
        var reader = try RecordingReader(path: path)
        #expect(reader.next()?.input == .start)
        #expect(reader.next() == nil && reader.failure == nil)
    }

    @Test(
        "A line that cannot be read is said",
        arguments: ["{", "{}", "x", #"{"direction":"in"}"#, #"{"a":99999999999999999999}"#])
    func badLine(line: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/traffic.jsonl"
        let file = try #require(fopen(path, "w"))
        fputs(line + "\n", file)
        fclose(file)
        var reader = try RecordingReader(path: path)
        #expect(reader.next() == nil)
        #expect(reader.failure?.description.contains("line 1") == true)
    }

    @Test func noPlaceToWriteIsSaid() {
        #expect(throws: NetworkError.self) { try TrafficRecorder(path: "/nowhere/traffic.jsonl") }
    }

    @Test("A recorded session, played back, gives the same inputs")
    func replay() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/traffic.jsonl"
        let recorder = try TrafficRecorder(path: path)
        let wire = try Wire(recorder: recorder)
        wire.serve = { event, server in
            switch event {
            case .message(let id, let bytes): server.send(bytes + bytes, to: id)
            case .request(let request): server.respond(to: request.connection, status: 500, body: request.body)
            default: break
            }
        }
        wire.react = { input, transport in
            guard case .streamOpened(let id) = input else { return }
            for number in 0..<50 { transport.perform(.send(id, bytes("\(number)"))) }
        }
        wire.transport.perform(.openStream(stream, path: "/ws"))
        wire.transport.perform(post(1))
        wire.run { wire.inputs.count == 52 }
        recorder.flush()
        var reader = try RecordingReader(path: path)
        var played: [ConnectorInput] = []
        while let entry = reader.next() { played.append(entry.input) }
        #expect(reader.failure == nil && played == wire.inputs)
    }
}
