// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A file of the shared conformance cases; `nil`, and a line that says so, where they are not there.
func sharedFile(_ path: String) -> [UInt8]? {
    guard let folder = getenv("APUS_SHARED") else {
        print("skipped: APUS_SHARED is not set, so \(path) is not read")
        return nil
    }
    guard let file = fopen(String(cString: folder) + "/" + path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = fread(&buffer, 1, buffer.count, file)
        if count == 0 { return bytes }
        bytes += buffer[..<count]
    }
}
