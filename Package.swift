// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// Why each flag is on:
// - warnings are errors, so that none is ever left for later;
// - an existential is spelled `any`, so that its cost is seen where it is paid;
// - an import is internal unless said otherwise, so that C types stay out of public signatures;
// - a member is visible only where its module is imported, so that the map below stays true.
let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "apus",
    products: [
        .executable(name: "apus", targets: ["apus"]),
        .executable(name: "apus-conform", targets: ["apus-conform"]),
        .executable(name: "apus-bench", targets: ["apus-bench"]),
        .library(name: "IndicatorBenchmark", type: .dynamic, targets: ["IndicatorBenchmark"]),
        .library(
            name: "Apus", targets: ["Trading", "Indicators", "MarketData", "Execution", "Strategies", "Commands"]),
    ],
    targets: [
        // MARK: Vocabulary: value types, no dependencies
        .target(name: "Trading"),

        // MARK: Analysis: computation on series, no I/O
        .target(name: "Indicators"),
        .target(name: "Statistics"),
        .target(name: "MarketData", dependencies: ["Trading"]),

        // MARK: Decision: strategies and the life of an order
        .target(name: "Execution", dependencies: ["Trading"]),
        .target(name: "Strategies", dependencies: ["Trading", "Indicators", "MarketData", "Execution"]),
        .target(name: "Risk", dependencies: ["Trading", "Execution"]),

        // MARK: Engine: one state machine, and the world it is tested in
        .target(name: "Engine", dependencies: ["Trading", "Indicators", "MarketData", "Execution", "Strategies"]),
        .target(name: "Simulation", dependencies: ["Trading", "Execution", "MarketData"]),
        .target(
            name: "Backtest",
            dependencies: [
                "Trading", "Indicators", "Statistics", "MarketData", "Execution", "Strategies", "Engine", "Simulation",
            ]),

        // MARK: Venues: what all of them share, then each one's protocol, without I/O
        .target(
            name: "VenueInterface", dependencies: ["Trading", "Execution", "Risk"], path: "Sources/Venues/Interface"),
        .target(
            name: "HyperliquidSimulator", dependencies: ["Trading", "JSON", "Cryptography"],
            path: "Sources/Venues/HyperliquidSimulator"),

        .target(
            name: "Hyperliquid",
            dependencies: ["Trading", "Execution", "Risk", "VenueInterface", "JSON", "Cryptography", "CSimdjson"],
            path: "Sources/Venues/Hyperliquid"),
        .target(
            name: "Conformance",
            dependencies: ["Hyperliquid", "VenueInterface", "Execution", "JSON", "Cryptography", "Trading"]),

        // MARK: Protocol helpers: text and signatures, no I/O
        .target(name: "JSON", dependencies: ["CSimdjson"]),
        .target(name: "Cryptography", dependencies: ["CBotan", "CSecp256k1", "COpenSSL"]),

        // MARK: Outside: files, text, people
        .target(name: "Configuration", dependencies: ["Trading", "CYaml"]),
        .target(name: "DataStore", dependencies: ["Trading", "MarketData", "CZlib", "CZip", "CZstd", "CSimdjson"]),
        .target(
            name: "Reports", dependencies: ["Trading", "Statistics"],
            resources: [.embedInCode("Resources")]),

        // MARK: Programs
        .target(
            name: "Commands",
            dependencies: [
                "Trading", "Indicators", "Statistics", "MarketData", "Execution", "Strategies", "Engine",
                "Simulation", "Backtest", "Configuration", "DataStore", "Reports", "CCrashReport",
            ]),
        .executableTarget(name: "apus", dependencies: ["Commands"]),
        .executableTarget(name: "apus-conform", dependencies: ["Conformance"]),

        // MARK: Examples: their own package is in Examples/my-strategies; here they are compiled with everything else
        .target(
            name: "ExampleStrategies", dependencies: ["Trading", "Indicators", "Execution", "Strategies"],
            path: "Examples/my-strategies/Sources/my-apus", exclude: ["main.swift"]),

        // MARK: Benchmarks: the program with strategies that load it and a count of its allocations, and a library that
        // a script loads beside the peer it is compared with
        .executableTarget(
            name: "apus-bench",
            dependencies: ["Commands", "Strategies", "Indicators", "Trading", "Execution", "CBenchAllocations"],
            path: "Benchmarks/program"),
        .executableTarget(
            name: "hyperliquid-bench",
            dependencies: [
                "Hyperliquid", "VenueInterface", "Cryptography", "Execution", "Trading", "CSecp256k1", "CBenchParse",
            ], path: "Benchmarks/hyperliquid/Sources"),
        .target(
            name: "CBenchParse", path: "Benchmarks/hyperliquid/parse",
            linkerSettings: [.linkedLibrary("simdjson")]),
        .target(name: "CBenchAllocations", dependencies: ["CAllocationCount"], path: "Benchmarks/allocations"),
        .target(name: "IndicatorBenchmark", dependencies: ["Indicators"], path: "Benchmarks/indicators/Sources"),

        // MARK: C and C++ libraries, each behind the smallest surface that serves
        .systemLibrary(name: "CYaml", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CSimdjson", linkerSettings: [.linkedLibrary("simdjson")]),
        .systemLibrary(name: "CBotan", providers: [.apt(["libbotan-2-dev"])]),
        .systemLibrary(name: "CSecp256k1", pkgConfig: "libsecp256k1", providers: [.apt(["libsecp256k1-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "CCrashReport"),

        // MARK: Tests, one target for each target above
        .testTarget(name: "TradingTests", dependencies: ["Trading", "TestSupport"], exclude: ["Fixtures"]),
        .testTarget(name: "IndicatorsTests", dependencies: ["Indicators"], exclude: ["Fixtures"]),
        .testTarget(name: "StatisticsTests", dependencies: ["Statistics"], exclude: ["Fixtures"]),
        .testTarget(name: "MarketDataTests", dependencies: ["MarketData", "Trading", "TestSupport"]),
        .testTarget(name: "ExecutionTests", dependencies: ["Execution", "Trading", "TestSupport"]),
        .testTarget(
            name: "StrategiesTests",
            dependencies: [
                "Strategies", "Indicators", "Trading", "Execution", "Engine", "Backtest", "EngineHarness",
            ]),
        .testTarget(
            name: "EngineTests",
            dependencies: [
                "Engine", "Backtest", "Simulation", "Strategies", "Indicators", "MarketData", "Execution", "Trading",
                "EngineHarness", "TestSupport", "CAllocationCount",
            ]),
        .testTarget(name: "SimulationTests", dependencies: ["Simulation", "Execution", "MarketData", "Trading"]),
        .testTarget(
            name: "BacktestTests",
            dependencies: [
                "Backtest", "Configuration", "Engine", "Execution", "Indicators", "MarketData", "Simulation",
                "Statistics", "Strategies", "Trading", "EngineHarness", "TestSupport",
            ], exclude: ["Scenarios"]),
        .testTarget(
            name: "ConfigurationTests", dependencies: ["Configuration", "Trading", "TestSupport"],
            exclude: ["Fixtures"]),
        .testTarget(name: "DataStoreTests", dependencies: ["DataStore", "MarketData", "Trading", "TestSupport"]),
        .testTarget(
            name: "HyperliquidSimulatorTests",
            dependencies: ["HyperliquidSimulator", "JSON", "Cryptography", "Trading", "TestSupport"]),
        .testTarget(name: "JSONTests", dependencies: ["JSON", "TestSupport"]),
        .testTarget(name: "CryptographyTests", dependencies: ["Cryptography", "Conformance"]),
        .testTarget(
            name: "HyperliquidTests",
            dependencies: [
                "Hyperliquid", "Conformance", "JSON", "Cryptography", "VenueInterface", "Execution", "Trading",
                "TestSupport",
            ]),
        .testTarget(name: "ReportsTests", dependencies: ["Reports", "Statistics", "Trading"]),
        .testTarget(
            name: "CommandsTests",
            dependencies: [
                "Commands", "Configuration", "DataStore", "Indicators", "MarketData", "Strategies", "Trading",
            ]),

        // MARK: What several test targets share
        .target(name: "TestSupport", path: "Tests/Support/TestSupport"),
        .target(
            name: "EngineHarness",
            dependencies: [
                "Backtest", "Engine", "Simulation", "Strategies", "Execution", "MarketData", "Trading", "TestSupport",
            ], path: "Tests/Support/EngineHarness"),
        .target(name: "CAllocationCount", path: "Tests/Support/CAllocationCount"),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

for target in package.targets where target.type != .system {
    target.swiftSettings = settings
}
