// SPDX-License-Identifier: Apache-2.0

import Glibc

/// TradingView's Lightweight Charts, as `make setup` fetched and verified it.
enum ChartLibrary {
    /// Looked for under `APUS_ASSETS`, then under `.cache/assets` of the working folder and of the program's own tree.
    /// `nil` where it is not there: reports then draw their charts without it.
    static var text: String? {
        let name = "lightweight-charts.js"
        var candidates: [String] = []
        if let folder = getenv("APUS_ASSETS") { candidates.append(String(cString: folder) + "/" + name) }
        candidates.append(".cache/assets/" + name)
        var buffer = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        if length > 0 {
            let program = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if let build = program.firstRange(of: "/.build/") {
                candidates.append(program[..<build.lowerBound] + "/.cache/assets/" + name)
            }
        }
        for path in candidates {
            if let text = read(path), !text.isEmpty { return text }
        }
        return nil
    }

    private static func read(_ path: String) -> String? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var portion = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&portion, 1, portion.count, file)
            guard count > 0 else { break }
            bytes.append(contentsOf: portion[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
