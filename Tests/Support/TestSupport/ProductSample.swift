// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The configuration of the product description.
package enum ProductSample {
    /// As the fixture has it; empty where the checkout is not there, which no test that reads it survives.
    package static let configuration: String = {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = tests.appending(components: "ConfigurationTests", "Fixtures", "accepted", "sample.yaml")
        return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    }()

    /// Without where its data comes from.
    package static let strategies = configuration.split(separator: "\ndata:").first.map { "\($0)\n" } ?? ""
}
