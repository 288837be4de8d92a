// SPDX-License-Identifier: Apache-2.0

public import Trading

/// What is known about a secret in a vault. It does not hold the secret.
public struct VaultEntry: Hashable, Sendable {
    public let name: String
    /// When it was first added.
    public let created: Timestamp
    /// When its secret was last replaced.
    public var changed: Timestamp
    /// When the secret stops working; `nil`: it was not said.
    public var expires: Timestamp?

    public func isExpired(at now: Timestamp) -> Bool { expires.map { $0 <= now } ?? false }
}

/// The entries of a vault as bytes: a count, then for each its name, times and secret.
enum VaultEntries {
    struct Item: Sendable {
        var entry: VaultEntry
        var secret: Secret
    }

    static func encode(_ items: [Item]) -> Secret {
        let size = 4 + items.reduce(0) { $0 + $1.entry.name.utf8.count + $1.secret.count + 2 + 4 + 3 * 8 + 1 }
        return Secret(capacity: size) { room in
            var place = 0
            func put(_ value: some FixedWidthInteger & BitwiseCopyable) {
                room.storeBytes(of: value.littleEndian, toByteOffset: place, as: type(of: value.littleEndian))
                place += value.bitWidth / 8
            }
            put(UInt32(items.count))
            for item in items {
                put(UInt16(item.entry.name.utf8.count))
                for byte in item.entry.name.utf8 { put(byte) }
                put(item.entry.created.nanoseconds)
                put(item.entry.changed.nanoseconds)
                put(UInt8(item.entry.expires == nil ? 0 : 1))
                put(item.entry.expires?.nanoseconds ?? 0)
                put(UInt32(item.secret.count))
                item.secret.withBytes { bytes in for byte in bytes { put(byte) } }
            }
            return place
        }
    }

    static func decode(_ bytes: Secret, path: String) throws(CredentialError) -> [Item] {
        try bytes.withBytes { (bytes) throws(CredentialError) in
            var place = 0
            func take(_ count: Int) throws(CredentialError) -> UnsafeRawBufferPointer {
                guard count <= bytes.count - place else {
                    throw .damagedVault(path: path, problem: "its list of entries ends early")
                }
                defer { place += count }
                return UnsafeRawBufferPointer(rebasing: bytes[place..<place + count])
            }
            func integer<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type) throws(CredentialError) -> Value {
                Value(littleEndian: try take(MemoryLayout<Value>.size).loadUnaligned(as: Value.self))
            }
            var items: [Item] = []
            for _ in 0..<(try integer(UInt32.self)) {
                let name = String(decoding: try take(Int(try integer(UInt16.self))), as: UTF8.self)
                let created = Timestamp(nanoseconds: try integer(Int64.self))
                let changed = Timestamp(nanoseconds: try integer(Int64.self))
                let hasEnd = try integer(UInt8.self) == 1
                let expires = Timestamp(nanoseconds: try integer(Int64.self))
                let value = try take(Int(try integer(UInt32.self)))
                let secret = Secret(capacity: value.count) { room in
                    room.copyMemory(from: value)
                    return value.count
                }
                items.append(
                    Item(
                        entry: VaultEntry(
                            name: name, created: created, changed: changed, expires: hasEnd ? expires : nil),
                        secret: secret))
            }
            return items
        }
    }
}
