// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let package = Package(
    name: "my-strategies",
    dependencies: [
        // In a folder of your own, give the path of your clone of Apus, or its address and a version.
        .package(name: "apus", path: "../..")
    ],
    targets: [
        .executableTarget(name: "my-apus", dependencies: [.product(name: "Apus", package: "apus")])
    ],
    swiftLanguageModes: [.v6]
)
