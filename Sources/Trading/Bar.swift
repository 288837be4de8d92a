// SPDX-License-Identifier: Apache-2.0

/// One candle. It is named by its open time and known at its close time, never before.
public struct Bar: Hashable, Sendable, BitwiseCopyable {
    public let openTime: Timestamp
    public let open: Price
    public let high: Price
    public let low: Price
    public let close: Price
    /// In the base asset (contracts for derivatives that are counted in contracts).
    public let volume: Quantity

    @inlinable
    public init(openTime: Timestamp, open: Price, high: Price, low: Price, close: Price, volume: Quantity) {
        self.openTime = openTime
        self.open = open
        self.high = high
        self.low = low
        self.close = close
        self.volume = volume
    }
}
