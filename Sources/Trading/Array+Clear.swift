// SPDX-License-Identifier: Apache-2.0

extension Array where Element: BitwiseCopyable {
    /// Removes everything and keeps the memory. For the few elements that an instant leaves, this costs a third of
    /// `removeAll(keepingCapacity:)`.
    @inlinable @inline(__always)
    package mutating func clear() {
        if count > 4 { return removeAll(keepingCapacity: true) }
        while !isEmpty { removeLast() }
    }
}
