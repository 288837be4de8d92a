// SPDX-License-Identifier: Apache-2.0

internal import CCoreDump
internal import Glibc

/// A key, a password or a passphrase: bytes that are wiped with their last reference and that nothing prints.
///
/// They lie in pages of their own that are left out of core dumps and, as far as the system allows, of the swap file.
/// Nothing that a debugger's dump, an interpolation or a mirror shows of it holds a byte of them, and it cannot be
/// encoded.
public final class Secret: @unchecked Sendable {
    // Unchecked, because pointers are not Sendable: the bytes are written before `init` returns, and then only read.

    public let count: Int
    private let memory: UnsafeMutableRawPointer
    private let mappedLength: Int

    /// Makes a secret in place.
    ///
    /// - Parameters:
    ///   - capacity: The most bytes it can have.
    ///   - fill: Writes the secret and returns how many bytes it has.
    public init<Failure: Error>(
        capacity: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        let page = max(sysconf(Int32(_SC_PAGESIZE)), 4096)
        let length = (max(capacity, 1) + page - 1) / page * page
        let pages = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let pages, pages != MAP_FAILED else { fatalError("the system has no \(length) bytes of memory left") }
        madvise(pages, length, MADV_DONTDUMP)
        madvise(pages, length, MADV_WIPEONFORK)
        mlock(pages, length)
        do throws(Failure) {
            count = try fill(UnsafeMutableRawBufferPointer(start: pages, count: capacity))
        } catch {
            explicit_bzero(pages, length)
            munmap(pages, length)
            throw error
        }
        precondition((0...capacity).contains(count), "a secret has no more bytes than there is room for")
        memory = pages
        mappedLength = length
    }

    /// Takes the bytes over and wipes where they came from.
    public convenience init(taking bytes: inout [UInt8]) {
        self.init(capacity: bytes.count) { room in
            bytes.withUnsafeMutableBytes { source in
                room.copyMemory(from: UnsafeRawBufferPointer(source))
                if let start = source.baseAddress { explicit_bzero(start, source.count) }
            }
            return bytes.count
        }
        bytes = []
    }

    deinit {
        explicit_bzero(memory, mappedLength)
        munmap(memory, mappedLength)
    }

    public var isEmpty: Bool { count == 0 }

    /// Lends the bytes. Whoever copies them has to wipe the copy.
    public func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: memory, count: count))
    }

    /// Whether two secrets are the same; the time it takes depends on their lengths only.
    public func matches(_ other: Secret) -> Bool {
        guard count == other.count else { return false }
        var difference: UInt8 = 0
        for index in 0..<count {
            difference |= (memory + index).load(as: UInt8.self) ^ (other.memory + index).load(as: UInt8.self)
        }
        return difference == 0
    }

    /// The bytes that hexadecimal digits stand for, as a private key is usually written: 64 digits, `0x` in front or not.
    ///
    /// - Returns: `nil` where it is not exactly twice `byteCount` digits.
    public func decodedHexadecimal(byteCount: Int) -> Secret? {
        withBytes { text in
            let digits = text.starts(with: [48, 120]) || text.starts(with: [48, 88]) ? text.dropFirst(2) : text[...]
            guard digits.count == 2 * byteCount else { return nil }
            struct NoDigit: Error {}
            return try? Secret(capacity: byteCount) { (room) throws(NoDigit) in
                for (index, digit) in digits.enumerated() {
                    let value: UInt8
                    switch digit {
                    case 48...57: value = digit - 48
                    case 65...70: value = digit - 55
                    case 97...102: value = digit - 87
                    default: throw NoDigit()
                    }
                    room[index / 2] = index % 2 == 0 ? value << 4 : room[index / 2] | value
                }
                return byteCount
            }
        }
    }

    /// Keeps core dumps of the whole process from being written, and its memory from other processes of the same user.
    ///
    /// - Returns: Whether the system agreed.
    @discardableResult
    public static func refuseCoreDumps() -> Bool { apus_refuse_core_dumps() == 0 }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<secret>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
