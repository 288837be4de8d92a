// SPDX-License-Identifier: Apache-2.0

import Trading

extension ConfigurationDocument {
    /// What decides how this configuration trades, as 16 hexadecimal digits: equal for two texts that mean the same.
    ///
    /// Where data is kept (that from outside too), what is held back, how live trading runs, logs and reports is left out, and of
    /// venues all but their type,
    /// network and address: what a session shows of one holds for the other.
    public var tradingFingerprint: String { fingerprint(venueKeys: ["type", "network", "url"]) }

    /// The same together with the accounts that are traded: what a journal belongs to. How live trading runs, logs and
    /// reports may change while it goes on.
    public var journalFingerprint: String {
        fingerprint(venueKeys: ["type", "network", "url", "account", "vault_address"])
    }

    private func fingerprint(venueKeys: [String]) -> String {
        let ignored: Set<String> = ["data", "live", "promotion", "validation", "logging", "report"]
        // Of data from outside: where it comes from and is kept, not what it is.
        let places: Set<String> = ["file", "url", "every", "timeout", "headers", "keep"]
        var hash = RunHash()
        for entry in root.entries.sorted(by: { $0.key < $1.key }) where !ignored.contains(entry.key) {
            if entry.key == "venues" {
                Self.add(entry.key, to: &hash)
                for venue in entry.value.entries.sorted(by: { $0.key < $1.key }) {
                    Self.add(venue.key, to: &hash)
                    for key in venueKeys {
                        Self.add(venue.value[key]?.scalar?.text ?? "", to: &hash)
                    }
                }
            } else if entry.key == "external" {
                Self.add(entry.key, to: &hash)
                for series in entry.value.entries.sorted(by: { $0.key < $1.key }) {
                    Self.add(series.key, to: &hash)
                    for key in series.value.entries.sorted(by: { $0.key < $1.key })
                    where !places.contains(key.key) {
                        Self.add(key.key, to: &hash)
                        key.value.add(to: &hash)
                    }
                }
            } else {
                Self.add(entry.key, to: &hash)
                entry.value.add(to: &hash)
            }
        }
        return hash.text
    }

    fileprivate static func add(_ text: String, to hash: inout RunHash) {
        var (word, count): (UInt64, UInt64) = (0, 0)
        for byte in text.utf8 {
            word = word << 8 | UInt64(byte)
            count += 1
            if count % 8 == 0 {
                hash.add(word, count)
                word = 0
            }
        }
        hash.add(word, count)
    }
}

extension ConfigurationNode {
    /// Numbers count by their value: `1.00` and `1` are the same. The order of keys does not count, that of lists does.
    fileprivate func add(to hash: inout RunHash) {
        switch content {
        case .scalar(let scalar):
            hash.add(UInt64(1), 0)
            if case .decimal(let number) = try? ValueType.decimal(.any).value(of: self) {
                ConfigurationDocument.add(number.description, to: &hash)
            } else {
                ConfigurationDocument.add(scalar.isNull ? "" : scalar.text, to: &hash)
            }
        case .list(let elements):
            hash.add(UInt64(2), UInt64(elements.count))
            for element in elements { element.add(to: &hash) }
        case .map(let entries):
            hash.add(UInt64(3), UInt64(entries.count))
            for entry in entries.sorted(by: { $0.key < $1.key }) {
                ConfigurationDocument.add(entry.key, to: &hash)
                entry.value.add(to: &hash)
            }
        }
    }
}
