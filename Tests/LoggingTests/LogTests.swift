// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSON
import Testing
import Trading

@testable import Logging

@Suite("Log files") struct LogTests {
    @Test("A line is one JSON object with its facts")
    func line() throws {
        let folder = TemporaryFolder()
        let writer = try LogWriter(LogDestination(file: folder.path + "/a.log"))
        writer[.orders].info(
            "order sent",
            [
                "order": 17, "name": "a \"quoted\"\nname", "resting": true, "price": .amount(Amount(whole: 5)),
                "took": .span(.milliseconds(1500)), "at": .time(noon), "left": .of(Amount(units: 1)),
            ], at: noon)
        writer.close()
        #expect(
            folder.text("a.log") == #"""
                {"time":"2024-01-31T12:00:00Z","level":"info","component":"orders","message":"order sent","fields":{"order":17,"name":"a \"quoted\"\nname","resting":true,"price":"5","took":"1.5s","at":"2024-01-31T12:00:00Z","left":"0.000000000000000001"}}

                """#)
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/a.log")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test("Each component has its own level, the others the general one")
    func levels() throws {
        let folder = TemporaryFolder()
        var destination = LogDestination(file: folder.path + "/a.log")
        destination.level = .warning
        destination.componentLevels = [.network: .debug, .engine: .critical]
        let writer = try LogWriter(destination)
        for component in LogComponent.allCases {
            for level in LogLevel.allCases { writer[component](level, "event", at: noon) }
        }
        Log.off.critical("nothing", at: noon)
        writer.close()
        let found = try folder.lines("a.log").map {
            "\($0["component"]?.string ?? "") \($0["level"]?.string ?? "")"
        }
        let expected = LogComponent.allCases.flatMap { component -> [String] in
            let levels =
                switch component {
                case .network: ["debug", "info", "warning", "error", "critical"]
                case .engine: ["critical"]
                default: ["warning", "error", "critical"]
                }
            return levels.map { "\(component.rawValue) \($0)" }
        }
        #expect(found == expected)
    }

    @Test("Fields of lines that are not written are not made")
    func lazyFields() throws {
        let folder = TemporaryFolder()
        var destination = LogDestination(file: folder.path + "/a.log")
        destination.level = .error
        let writer = try LogWriter(destination)
        defer { writer.close() }
        var made = 0
        func costly() -> LogValue {
            made += 1
            return "x"
        }
        writer[.engine].info("event", ["field": costly()], at: noon)
        #expect(made == 0)
        writer[.engine].error("event", ["field": costly()], at: noon)
        #expect(made == 1)
    }

    @Test("A full file is renamed, so many are kept, and no line is cut", arguments: [0, 1, 3])
    func rotation(keep: Int) throws {
        let folder = TemporaryFolder()
        var destination = LogDestination(file: folder.path + "/a.log")
        destination.maximumBytes = 1000
        destination.keep = keep
        let writer = try LogWriter(destination)
        for number in 0..<100 {
            writer[.engine].info("event", ["number": .count(number)], at: noon)
            if number % 7 == 0 { writer.flush() }
        }
        writer.close()
        let names = (0...keep).reversed().map { $0 == 0 ? "a.log" : "a.log.\($0)" }
        #expect(folder.names == names.sorted())
        var numbers: [Int64] = []
        for name in names {
            #expect((1...1000).contains(folder.text(name).utf8.count))
            numbers += try folder.lines(name).compactMap { $0["fields"]?["number"]?.integer }
        }
        #expect(numbers == Array((100 - Int64(numbers.count))..<100))
        #expect(numbers.count >= keep * 8)
    }

    @Test("A restart goes on in the same file")
    func appending() throws {
        let folder = TemporaryFolder()
        for _ in 0..<2 {
            let writer = try LogWriter(LogDestination(file: folder.path + "/a.log"))
            writer[.session].info("started", at: noon)
            writer.close()
        }
        #expect(try folder.lines("a.log").count == 2)
    }

    @Test("What does not fit into the buffer is dropped, counted and reported")
    func dropping() throws {
        let folder = TemporaryFolder()
        var destination = LogDestination(file: folder.path + "/a.log")
        destination.bufferLimit = 2000
        let writer = try LogWriter(destination)
        for number in 0..<100 { writer[.engine].info("event", ["number": .count(number)], at: noon) }
        let counts = writer.counts
        #expect(counts.accepted + counts.dropped == 100 && counts.dropped > 50)
        writer.flush()
        writer[.engine].info("later", at: noon)
        writer.close()
        let lines = try folder.lines("a.log")
        #expect(lines.count == counts.accepted + 2)
        #expect(lines[counts.accepted]["fields"]?["count"]?.integer == Int64(counts.dropped))
        #expect(lines.last?["message"]?.string == "later")
    }

    @Test("An error is written without being asked for, and so is everything else after the delay")
    func unasked() async throws {
        let folder = TemporaryFolder()
        var destination = LogDestination(file: folder.path + "/a.log")
        let patient = try LogWriter(destination)
        defer { patient.close() }
        patient[.risk].info("first", at: noon)
        patient[.risk].error("second", at: noon)
        destination.file = folder.path + "/b.log"
        destination.delay = .milliseconds(1)
        let quick = try LogWriter(destination)
        defer { quick.close() }
        quick[.risk].debug("third", at: noon)
        for _ in 0..<2000 where folder.text("a.log").isEmpty || folder.text("b.log").isEmpty {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(try folder.lines("a.log").compactMap { $0["message"]?.string } == ["first", "second"])
        #expect(try folder.lines("b.log").compactMap { $0["message"]?.string } == ["third"])
    }

    @Test("A full disk loses lines, says so once and does not stop anything")
    func fullDisk() throws {
        var ends: [Int32] = [0, 0]
        pipe(&ends)
        var destination = LogDestination(file: "/dev/full")
        destination.standardError = ends[1]
        let writer = try LogWriter(destination)
        for _ in 0..<5 { writer[.journal].info("event", at: noon) }
        writer.flush()
        #expect(writer.counts.lost == 5)
        writer.close()
        close(ends[1])
        let said = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true).readDataToEndOfFile()
        #expect(
            String(decoding: said, as: UTF8.self)
                == "apus: the log /dev/full cannot be written: No space left on device.\n")
    }

    @Test("A file that cannot be opened is an error that names it")
    func unopenable() {
        #expect {
            try LogWriter(LogDestination(file: "/nowhere/a.log"))
        } throws: {
            "\($0)"
                == "The log file /nowhere/a.log cannot be opened: No such file or directory. Name another one under logging.file."
        }
    }

    @Test("Standard error gets the same JSON from its own level on, where it is no terminal")
    func standardError() throws {
        var ends: [Int32] = [0, 0]
        pipe(&ends)
        var destination = LogDestination()
        destination.standardErrorLevel = .error
        destination.standardError = ends[1]
        let writer = try LogWriter(destination)
        writer[.venue].warning("quiet", at: noon)
        writer[.venue].error("loud", at: noon)
        writer.close()
        close(ends[1])
        let said = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true).readDataToEndOfFile()
        #expect(
            String(decoding: said, as: UTF8.self)
                == #"{"time":"2024-01-31T12:00:00Z","level":"error","component":"venue","message":"loud"}"# + "\n")
    }

    @Test("Lines of several threads stay whole")
    func threads() throws {
        let folder = TemporaryFolder()
        var destination = LogDestination(file: folder.path + "/a.log")
        destination.delay = .milliseconds(1)
        destination.maximumBytes = 20_000
        destination.keep = 100
        let writer = try LogWriter(destination)
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            for number in 0..<1000 {
                writer[.network].info("event", ["thread": .count(thread), "number": .count(number)], at: noon)
            }
        }
        writer.close()
        var next: [Int64: Int64] = [:]
        let names = folder.names.sorted { Int($0.dropFirst(6)) ?? 0 > Int($1.dropFirst(6)) ?? 0 }
        for name in names {
            for line in try folder.lines(name) {
                let (thread, number) = (line["fields"]?["thread"]?.integer ?? -1, line["fields"]?["number"]?.integer)
                #expect(number == next[thread, default: 0])
                next[thread, default: 0] += 1
            }
        }
        #expect(next == [0: 1000, 1: 1000, 2: 1000, 3: 1000])
    }

    @Test("People get a line of words")
    func words() {
        let line = LogLine(
            time: noon, level: .warning, component: .orders, message: "order refused",
            fields: [("order", 17), ("reason", "too\nsmall for it"), ("empty", "")])
        #expect(
            String(decoding: line.text(SecretFilter()), as: UTF8.self)
                == "12:00:00 warning orders: order refused order=17 reason=\"too small for it\" empty=\"\"\n")
    }
}
