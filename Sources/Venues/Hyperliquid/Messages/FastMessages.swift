// SPDX-License-Identifier: Apache-2.0

/// The messages that come most often, read in one pass without a tree in between.
enum FastMessages {
    /// `nil` for every other message, and for one that is not exactly as expected: the general way then says what is
    /// wrong with it.
    static func decode(_ bytes: [UInt8]) -> HyperliquidMessage? { nil }
}
