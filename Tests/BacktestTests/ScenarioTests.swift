// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

/// The golden scenarios, one file each.
@Suite struct ScenarioTests {
    static let folder =
        "\(String(#filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.endIndex)))/Scenarios"

    static let files: [String] = {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".yaml") { names.append(name) }
        }
        return names.sorted()
    }()

    @Test("Every cell of the table has a file")
    func allCells() {
        #expect(Self.files.count >= 174)
        for event in ["gap", "touch", "run-through"] {
            for side in ["long", "short"] {
                for order in ["stop", "stop-limit", "take-profit", "trailing", "oco"] {
                    for policy in ["pessimistic", "adaptive", "finer"] {
                        #expect(Self.files.contains("\(event)-\(side)-\(order)-\(policy).yaml"))
                    }
                }
            }
        }
    }

    @Test("The simulated venue fills as the scenario says", arguments: files)
    func venue(file: String) throws {
        let scenario = try Scenario(contentsOfFile: "\(Self.folder)/\(file)")
        let found = scenario.differences(try scenario.replayVenue())
        #expect(found.isEmpty, "\(file)\n\(found.joined(separator: "\n"))\nwhy: \(scenario.why)")
    }
}
