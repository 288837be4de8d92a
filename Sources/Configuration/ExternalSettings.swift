// SPDX-License-Identifier: Apache-2.0

public import Trading

/// A series from outside the markets: one entry of `external`. It has a file, a page, or both.
public struct ExternalSettings: Sendable, Hashable {
    public let name: String
    public let file: String?
    public let maxAge: TimeSpan
    /// `nil`: the file says when its values became known.
    public let knownAfter: TimeSpan?
    /// `nil`: the one that is called value.
    public let column: String?
    /// What sessions ask.
    public let page: ExternalPage?
}

/// A page that sessions ask for the newest value of a series.
public struct ExternalPage: Sendable, Hashable {
    public let address: PageAddress
    public let every: TimeSpan
    public let timeout: TimeSpan
    /// Where the rows are in JSON; `nil`: the page is a list of rows, or one row.
    public let rows: String?
    /// Where value and time are in a row: a path in JSON, a column in CSV.
    public let value: String
    public let time: String
    /// By name.
    public let headers: [SecretHeader]
    /// The file to which sessions append what they receive.
    public let keep: String
}

extension ConfigurationDecoder {
    mutating func external(_ name: String, _ reader: SectionReader, store: String) -> ExternalSettings {
        let pageKeys = ["every", "timeout", "rows", "value", "time", "headers", "keep"]
        let address = reader.text("url").flatMap { PageAddress($0) }
        if reader.has("url") {
            for key in ["value", "time"] where !reader.has(key) {
                report(
                    reader, key, kind: .missingKey,
                    "Say where the \(key) is in a row of what 'url' answers: a path in JSON, a column in CSV.")
            }
        } else {
            for key in pageKeys where reader.has(key) { report(reader, key, "It has no effect without 'url'.") }
            if !reader.has("file") {
                report(reader, "file", kind: .missingKey, "Give a file, a url that sessions ask, or both.")
            }
        }
        if reader.text("file") == nil {
            for key in ["known_after", "column"] where reader.has(key) && reader.has("url") {
                report(reader, key, "It says how 'file' is read, and there is none.")
            }
        }
        let headers = (reader.node?["headers"]?.entries ?? []).sorted { $0.key < $1.key }.compactMap { entry in
            SecretHeader(entry.key, entry.value.scalar?.text ?? "")
        }
        let page = address.map { address in
            ExternalPage(
                address: address, every: reader.duration("every") ?? .minutes(1),
                timeout: reader.duration("timeout") ?? .seconds(10), rows: reader.text("rows"),
                value: reader.text("value") ?? "", time: reader.text("time") ?? "", headers: headers,
                keep: reader.text("keep") ?? "\(store)/external/\(name).csv")
        }
        return ExternalSettings(
            name: name, file: reader.text("file"), maxAge: reader.duration("max_age") ?? .zero,
            knownAfter: reader.duration("known_after"), column: reader.text("column"), page: page)
    }
}
