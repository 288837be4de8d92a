// SPDX-License-Identifier: Apache-2.0

internal import JSON

/// Runs files of independent cases (requests, responses, signatures, rounding, messages) against this program.
public enum Conformance {
    /// - Parameter name: How the file is called; what kind of cases it has is read from its own `split.file` first.
    public static func run(_ bytes: [UInt8], name: String) throws(ConformanceFileError) -> ConformanceReport {
        let file: JSONValue
        do {
            file = try JSON.parse(bytes)
        } catch {
            throw ConformanceFileError(description: "\(name) is \(error)")
        }
        guard let cases = file["cases"], cases.kind == .array else {
            throw ConformanceFileError(
                description: "\(name) is no file of cases: it needs a list under 'cases'. "
                    + "Give it one of the conformance files, such as signing/hyperliquid-python-sdk.json.")
        }
        let kind = file["split"]?["file"]?.string ?? name
        var report = ConformanceReport(file: name)
        for (index, entry) in cases.elements.enumerated() {
            let id = entry["id"]?.string ?? "#\(index)"
            report.cases.append(.init(id: id, outcome: outcome(of: entry, in: file, kind: kind)))
        }
        return report
    }

    private static func outcome(of entry: JSONValue, in file: JSONValue, kind: String) -> CaseOutcome {
        let parts = kind.split(separator: "/").map(String.init)
        let name = parts.last ?? kind
        let folder = parts.count > 1 ? parts[parts.count - 2] : ""
        if name.hasPrefix("hyperliquid") || folder == "rounding" {
            switch folder {
            case "ccxt-static": return CCXTRequestCases.fixture(entry)
            case "ccxt-generated":
                return name.contains("response")
                    ? CCXTResponseCases.run(entry) : CCXTRequestCases.generated(entry, source: file["source"])
            case "signing": return SigningCases.run(entry)
            case "rounding": return RoundingCases.run(entry)
            case "payloads": return PayloadCases.run(entry)
            default: return byShape(entry, file)
            }
        }
        if folder == "crypto" || name.hasPrefix("ethers-") || name.hasPrefix("wycheproof-") {
            return CryptoCases.run(entry, file: name)
        }
        return .skipped(reason: "cases of another venue or chain, which Apus does not speak yet")
    }

    /// For a file outside its folder: what its cases look like says what they are.
    private static func byShape(_ entry: JSONValue, _ file: JSONValue) -> CaseOutcome {
        if entry["rawResponse"] != nil { return CCXTResponseCases.run(entry) }
        if entry["call"] != nil { return CCXTRequestCases.generated(entry, source: file["source"]) }
        if entry["method"] != nil, entry["output"] != nil { return CCXTRequestCases.fixture(entry) }
        if entry["privateKey"] != nil || entry["action"] != nil { return SigningCases.run(entry) }
        if entry["payload"] != nil || entry["response"] != nil { return PayloadCases.run(entry) }
        return RoundingCases.run(entry)
    }
}
