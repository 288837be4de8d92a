// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import JSON

/// The command line of `apus-conform`.
public enum ConformanceCommand {
    static let help = """
        Runs files of independent cases against this program and prints each difference.

        usage: apus-conform [--json] FILE.json …

          --json   print one JSON document instead of text
          --help   print this

        example: apus-conform signing/hyperliquid-python-sdk.json ccxt-generated/hyperliquid-request.json

        Ends with 0 when no case failed, 1 when one did, 2 when it was called wrongly or a file could not be read.
        """

    /// - Returns: The exit status.
    public static func run(_ arguments: [String]) -> Int32 {
        if arguments.contains("--help") || arguments.contains("-h") {
            print(help)
            return 0
        }
        let isJSON = arguments.contains("--json")
        let files = arguments.filter { $0 != "--json" }
        if let unknown = files.first(where: { $0.hasPrefix("-") }) {
            return complain("there is no option '\(unknown)'. See apus-conform --help.")
        }
        guard !files.isEmpty else { return complain("no file was given. See apus-conform --help.") }

        var reports: [ConformanceReport] = []
        for file in files {
            do {
                reports.append(try Conformance.run(try read(file), name: file))
            } catch {
                return complain("\(error)")
            }
        }
        let passed = reports.reduce(0) { $0 + $1.passed }
        let failed = reports.reduce(0) { $0 + $1.failed }
        let skipped = reports.reduce(0) { $0 + $1.skipped }
        if isJSON {
            var writer = JSONWriter()
            writer.object { writer in
                writer.integer("passed", passed)
                writer.integer("failed", failed)
                writer.integer("skipped", skipped)
                writer.key("files")
                writer.array { for report in reports { report.write(to: &$0) } }
            }
            print(writer.text)
        } else {
            for report in reports { print(report.text) }
            print("total: \(ConformanceReport.counts(passed, failed, skipped))")
        }
        return failed == 0 ? 0 : 1
    }

    private static func complain(_ text: String) -> Int32 {
        let line = Array("apus-conform: \(text)\n".utf8)
        _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
        return 2
    }

    private static func read(_ path: String) throws(ConformanceFileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ConformanceFileError(description: "\(path) could not be opened: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count >= 0 else {
                throw ConformanceFileError(
                    description: "\(path) could not be read: \(String(cString: strerror(errno)))")
            }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= JSON.maximumLength else {
                throw ConformanceFileError(description: "\(path) is larger than \(JSON.maximumLength) bytes")
            }
        }
    }
}
