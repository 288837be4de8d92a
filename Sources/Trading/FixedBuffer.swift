// SPDX-License-Identifier: Apache-2.0

/// A row of values of fixed length with one owner: what the engine's hot path keeps its state in.
///
/// An element is changed in place. An `Array` asks at each write whether somebody shares its memory, which costs more
/// than most writes of the hot path; this cannot be copied, so there is nothing to ask. Every index is checked.
@usableFromInline package struct FixedBuffer<Element: ~Copyable>: ~Copyable {
    // Safe: allocated and initialised whole in `init`, freed once in `deinit`, and never handed out.
    @usableFromInline let base: UnsafeMutablePointer<Element>
    @usableFromInline package let count: Int

    /// Makes `count` elements, in order.
    @inlinable
    package init(count: Int, _ element: (Int) -> Element) {
        precondition(count >= 0, "a buffer cannot have \(count) elements")
        base = .allocate(capacity: count)
        self.count = count
        for index in 0..<count { (base + index).initialize(to: element(index)) }
    }

    @inlinable
    deinit {
        base.deinitialize(count: count)
        base.deallocate()
    }

    @inlinable package var isEmpty: Bool { count == 0 }
    @inlinable package var indices: Range<Int> { 0..<count }

    @inlinable
    package subscript(index: Int) -> Element {
        @inline(__always) _read {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "an index is outside of its buffer")
            yield base[index]
        }
        @inline(__always) _modify {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "an index is outside of its buffer")
            yield &base[index]
        }
    }
}

extension FixedBuffer {
    /// Copies the elements of an array.
    @inlinable
    package init(_ elements: [Element]) { self.init(count: elements.count) { elements[$0] } }
}

extension FixedBuffer where Element: BitwiseCopyable {
    /// Adds the first `count` elements to an array.
    @inlinable
    package func append(first count: Int, to array: inout [Element]) {
        precondition(count >= 0 && count <= self.count, "an index is outside of its buffer")
        array.append(contentsOf: UnsafeBufferPointer(start: base, count: count))
    }
}
