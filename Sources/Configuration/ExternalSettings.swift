// SPDX-License-Identifier: Apache-2.0

public import Trading

/// A series from outside the markets: one entry of `external`.
public struct ExternalSettings: Sendable, Hashable {
    public let name: String
    public let file: String
    public let maxAge: TimeSpan
    /// `nil`: the file says when its values became known.
    public let knownAfter: TimeSpan?
    /// `nil`: the one that is called value.
    public let column: String?

    init(_ name: String, _ reader: SectionReader) {
        self.name = name
        file = reader.text("file") ?? ""
        maxAge = reader.duration("max_age") ?? .zero
        knownAfter = reader.duration("known_after")
        column = reader.text("column")
    }
}
