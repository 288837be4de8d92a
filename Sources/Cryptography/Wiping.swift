// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// Removes secrets from memory.
public enum Wiping {
    /// Overwrites memory with zeros in a way that no optimiser removes.
    public static func wipe(_ memory: UnsafeMutableRawBufferPointer) {
        if let start = memory.baseAddress { OPENSSL_cleanse(start, memory.count) }
    }

    public static func wipe(_ bytes: inout [UInt8]) { bytes.withUnsafeMutableBytes { wipe($0) } }
}
