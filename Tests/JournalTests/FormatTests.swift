// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Trading

@testable import Journal

@Suite struct FormatTests {
    /// Made from the format's table by a Python script with `struct` and `hashlib`: a header and three records.
    static let reference = """
        415055534a524e4c0100680001000000efcdab896745230100002a36fe9c9717010000000000000000000000000000000000000000000000\
        0000000000000000000000000000000024433f6c03f942a8caeed91cd56b24f6fda5a2558dd7e8e1e333d01bb459f94d0500000001000200\
        010000000000000001002a36fe9c971768656c6c6f8c03815ab856ca88754954b6cd76c62806ff338b6a81b1e74c87159b28dbbc88000000\
        00010200000200000000000000ffffffffffffffff5a7e13587a608ab70ee47f5d77ba277a86115d19cf066ce669aaf772cae7fec2280000\
        00ffff000003000000000000000500000000000000000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122\
        23242526272369ecd715e3dfc4596ef473d600a1e6fc77c0a4429941822442762a6a71f51e
        """

    private func encodedReference() throws -> (bytes: [UInt8], hash: ChainHash) {
        var encoder = JournalEncoder()
        var bytes: [UInt8] = []
        let start = Timestamp(seconds: 1_700_000_000)
        encoder.beginSegment(1, journalID: 0x0123_4567_89ab_cdef, at: start, into: &bytes)
        let first = Timestamp(nanoseconds: start.nanoseconds + 1)
        try encoder.append(kind: 1, at: first, flags: 2, into: &bytes) { $0.raw(Array("hello".utf8)) }
        try encoder.append(kind: 513, at: Timestamp(nanoseconds: -1), into: &bytes) { _ in }
        try encoder.append(kind: 65535, at: Timestamp(nanoseconds: 5), into: &bytes) { $0.raw(Array(0..<40)) }
        return (bytes, encoder.hash)
    }

    @Test func bytesAreWhatTheTableSays() throws {
        let (bytes, hash) = try encodedReference()
        let text = bytes.map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
        #expect(text == Self.reference)
        #expect("\(hash)" == "2369ecd715e3dfc4596ef473d600a1e6fc77c0a4429941822442762a6a71f51e")
        #expect(ChainHash(parsing: "\(hash)") == hash)
    }

    @Test func referenceIsRead() throws {
        var decoder = JournalDecoder(try encodedReference().bytes, path: "reference", following: JournalPosition())
        let header = try #require(try decoder.header())
        #expect(header.journalID == 0x0123_4567_89ab_cdef)
        #expect(header.created == Timestamp(seconds: 1_700_000_000))
        var kinds: [UInt16] = []
        while case .record(let record) = decoder.next() { kinds.append(record.kind) }
        #expect(kinds == [1, 513, 65535])
        #expect(decoder.next() == .end)
    }

    @Test func newerFormatIsNamed() throws {
        var bytes = try encodedReference().bytes
        bytes[8] = 2
        var decoder = JournalDecoder(bytes, path: "a.journal", following: JournalPosition())
        #expect(throws: JournalError.newerFormat(path: "a.journal", version: 2)) { try decoder.header() }
    }

    @Test(arguments: ["", "zz", "2369", String(repeating: "g", count: 64), String(repeating: "é", count: 32)])
    func badHashText(text: String) { #expect(ChainHash(parsing: text) == nil) }

    @Test func longPayloadIsRefusedAndLeavesTheChain() throws {
        var encoder = JournalEncoder()
        var bytes: [UInt8] = [1]
        let hash = encoder.hash
        let longest = RecordLayout.longestPayload
        #expect(throws: JournalError.recordTooLong(kind: 9, length: longest + 1, longest: longest)) {
            try encoder.append(kind: 9, at: .epoch, into: &bytes) { $0.raw([UInt8](repeating: 0, count: longest + 1)) }
        }
        #expect(bytes == [1])
        #expect(encoder.hash == hash)
        #expect(encoder.nextSequence == 1)
        try encoder.append(kind: 9, at: .epoch, into: &bytes) { $0.raw([UInt8](repeating: 0, count: longest)) }
    }

    @Test("No bytes make the decoder trap, and random ones hold no record", arguments: UInt64(0)..<200)
    func randomBytes(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var bytes = try encodedReference().bytes
        switch seed % 3 {
        case 0: bytes = (0..<Int.random(in: 0...400, using: &random)).map { _ in .random(in: 0...255, using: &random) }
        case 1:
            let kept = bytes.prefix(SegmentHeader.byteCount)
            bytes =
                kept
                + (0..<300).map { _ in UInt8.random(in: 0...255, using: &random) & .random(in: 0...255, using: &random)
                }
        default: bytes.shuffle(using: &random)
        }
        var decoder = JournalDecoder(bytes, path: "random", following: JournalPosition())
        do throws(JournalError) {
            guard try decoder.header() != nil else { return }
            if case .record = decoder.next() { Issue.record("random bytes were taken for a record") }
        } catch {
            #expect("\(error)".contains("random"))
        }
    }
}

@Suite struct PayloadTests {
    private struct Sample: Equatable {
        var integers: (UInt8, Int16, UInt32, Int64, Int128) = (0, 0, 0, 0, 0)
        var varints: [UInt64] = []
        var flag = false
        var double = 0.0
        var time = Timestamp.epoch
        var span = TimeSpan.zero
        var text = ""
        var optional: String?
        var blob: [UInt8] = []

        static func == (left: Self, right: Self) -> Bool {
            left.integers == right.integers && left.varints == right.varints && left.flag == right.flag
                && left.double.bitPattern == right.double.bitPattern && left.time == right.time
                && left.span == right.span && left.text == right.text && left.optional == right.optional
                && left.blob == right.blob
        }

        init() {}

        init(using random: inout SeededRandom) {
            integers = (
                .random(in: 0 ... .max, using: &random), .random(in: .min ... .max, using: &random),
                .random(in: 0 ... .max, using: &random), .random(in: .min ... .max, using: &random),
                .random(in: .min ... .max, using: &random)
            )
            varints = (0..<5).map { _ in
                UInt64.random(in: 0 ... .max, using: &random) >> UInt64.random(in: 0...63, using: &random)
            }
            flag = .random(using: &random)
            double = Double(bitPattern: .random(in: 0 ... .max, using: &random))
            time = Timestamp(nanoseconds: .random(in: .min ... .max, using: &random))
            span = TimeSpan(nanoseconds: .random(in: .min ... .max, using: &random))
            text = String(
                (0..<Int.random(in: 0...9, using: &random)).map { _ in "aé€𝄞\0".randomElement(using: &random) ?? "b" })
            optional = Bool.random(using: &random) ? "x" : nil
            blob = (0..<Int.random(in: 0...200, using: &random)).map { _ in .random(in: 0...255, using: &random) }
        }

        func write(_ writer: inout RecordWriter) {
            writer.integer(integers.0)
            writer.integer(integers.1)
            writer.integer(integers.2)
            writer.integer(integers.3)
            writer.integer(integers.4)
            writer.list(varints) { $0.varint($1) }
            writer.flag(flag)
            writer.double(double)
            writer.time(time)
            writer.span(span)
            writer.text(text)
            writer.optional(optional) { $0.text($1) }
            writer.blob(blob)
        }

        init(_ reader: inout RecordReader) throws(RecordError) {
            integers = (
                try reader.integer(), try reader.integer(), try reader.integer(), try reader.integer(),
                try reader.integer()
            )
            varints = try reader.list { (reader) throws(RecordError) in try reader.varint() }
            flag = try reader.flag()
            double = try reader.double()
            time = try reader.time()
            span = try reader.span()
            text = try reader.text()
            optional = try reader.optional { (reader) throws(RecordError) in try reader.text() }
            blob = try reader.blob()
        }
    }

    @Test(
        "What was written is read, and every cut and every changed byte is an error or another value",
        arguments: UInt64(0)..<50)
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let sample = Sample(using: &random)
        var writer = RecordWriter()
        sample.write(&writer)
        let payload = writer.payload
        var reader = RecordReader(payload)
        #expect(try Sample(&reader) == sample)
        try reader.finish()
        for length in 0..<payload.count {
            var cut = RecordReader(Array(payload[..<length]))
            #expect(throws: RecordError.self) { try Sample(&cut) }
        }
        for place in payload.indices {
            var changed = payload
            changed[place] ^= .random(in: 1...255, using: &random)
            var reader = RecordReader(changed)
            let read = try? Sample(&reader)
            #expect(read != sample || reader.remaining != 0)
        }
        #expect(throws: RecordError.self) { try RecordReader(payload).finish() }
    }

    @Test(
        arguments: [
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02], [UInt8](repeating: 0x80, count: 11), [],
        ] as [[UInt8]])
    func badVarint(bytes: [UInt8]) {
        var reader = RecordReader(bytes)
        #expect(throws: RecordError.self) { try reader.varint() }
    }

    @Test func announcedLengthReservesNothing() {
        var writer = RecordWriter()
        writer.varint(.max)
        var reader = RecordReader(writer.payload)
        #expect(throws: RecordError.self) { try reader.blob() }
    }

    @Test func badTextAndFlag() {
        var text = RecordReader([2, 0xc3, 0x28])
        #expect(throws: RecordError.self) { try text.text() }
        var flag = RecordReader([2])
        #expect(throws: RecordError.self) { try flag.flag() }
    }
}
