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
        .executable(name: "apus-simulate", targets: ["apus-simulate"]),
        .executable(name: "venuesim", targets: ["venuesim"]),
        .executable(name: "apus-bench", targets: ["apus-bench"]),
        .library(name: "IndicatorBenchmark", type: .dynamic, targets: ["IndicatorBenchmark"]),
        .library(
            name: "Apus",
            targets: [
                "Trading", "Indicators", "MarketData", "Execution", "OrderAlgorithms", "Strategies", "Adaptive",
                "Commands",
            ]),
    ],
    targets: [
        // MARK: Vocabulary: value types, no dependencies
        .target(name: "Trading"),

        // MARK: Analysis: computation on series, no I/O
        .target(name: "Indicators"),
        .target(name: "Statistics"),
        // The reference BLAS and LAPACK, linked in: dynamic ones are whatever a machine has chosen, with other bits.
        .target(
            name: "LinearAlgebra", dependencies: ["CLapack"],
            linkerSettings: [
                .linkedLibrary(":liblapacke.a"), .linkedLibrary(":liblapack_pic.a"),
                .linkedLibrary(":libblas.a"), .linkedLibrary(":libgfortran.a"), .linkedLibrary(":libquadmath.a"),
            ]),
        .target(name: "MarketData", dependencies: ["Trading"]),
        .target(name: "Analysis", dependencies: ["Trading", "Indicators"]),

        // MARK: Decision: strategies and the life of an order
        .target(name: "Execution", dependencies: ["Trading"]),
        .target(name: "OrderAlgorithms", dependencies: ["Trading", "Execution"]),
        .target(
            name: "Strategies",
            dependencies: [
                "Trading", "Indicators", "MarketData", "Execution", "OrderAlgorithms", "Risk", "Portfolio",
                "Supervision",
            ]),
        .target(name: "Risk", dependencies: ["Trading", "Execution"]),
        .target(name: "Portfolio", dependencies: ["Trading", "Statistics", "LinearAlgebra"]),

        .target(name: "Supervision", dependencies: ["Trading", "Risk", "Portfolio"]),
        .target(
            name: "Adaptive",
            dependencies: ["Trading", "Indicators", "Analysis", "Execution", "Strategies", "Supervision"]),

        // MARK: Engine: one state machine, and the world it is tested in
        .target(name: "Simulation", dependencies: ["Trading", "Execution", "MarketData", "Risk"]),
        .target(
            name: "Engine",
            dependencies: [
                "Trading", "Indicators", "MarketData", "Execution", "OrderAlgorithms", "Strategies", "Risk",
                "Portfolio", "Supervision",
            ]),
        .target(
            name: "Backtest",
            dependencies: [
                "Trading", "Indicators", "Statistics", "MarketData", "Execution", "Strategies", "Supervision", "Engine",
                "Simulation",
            ]),

        // MARK: Venues: what all of them share, then each one's protocol, without I/O
        .target(name: "Connectivity", dependencies: ["Trading"]),
        .target(
            name: "VenueInterface", dependencies: ["Trading", "Execution", "Risk"], path: "Sources/Venues/Interface"),
        .target(
            name: "HyperliquidSimulator", dependencies: ["Trading", "JSON", "Cryptography"],
            path: "Sources/Venues/HyperliquidSimulator"),

        .target(name: "VenueFaults", dependencies: ["Trading", "JSON"], path: "Sources/Venues/Faults"),

        // MARK: Live: the engine on a venue's streams, without I/O
        .target(
            name: "Live",
            dependencies: [
                "Trading", "Execution", "Indicators", "MarketData", "Strategies", "Supervision", "Engine", "Simulation",
                "OrderAlgorithms", "Risk", "VenueInterface",
                "OrderManagement", "Journal",
            ]),
        .target(
            name: "Hyperliquid",
            dependencies: [
                "Trading", "Execution", "Risk", "VenueInterface", "Connectivity", "JSON", "Cryptography", "CSimdjson",
            ], path: "Sources/Venues/Hyperliquid"),
        .target(
            name: "Conformance",
            dependencies: ["Hyperliquid", "VenueInterface", "Execution", "JSON", "Cryptography", "Trading"]),

        // MARK: Protocol helpers: text and signatures, no I/O
        .target(name: "JSON", dependencies: ["CSimdjson"]),
        .target(name: "Cryptography", dependencies: ["CBotan", "CSecp256k1", "COpenSSL"]),
        // MARK: Orders: between the engine and a connector, without I/O
        .target(name: "OrderManagement", dependencies: ["Trading", "Execution", "Risk", "VenueInterface"]),

        // MARK: The live stack in a simulated world, without I/O
        .target(
            name: "SessionSimulation",
            dependencies: [
                "Adaptive", "Trading", "Execution", "OrderAlgorithms", "Indicators", "Strategies", "Engine", "Risk",
                "VenueInterface",
                "OrderManagement", "Journal", "Live", "Connectivity", "Cryptography", "Hyperliquid",
                "HyperliquidSimulator", "Portfolio", "Supervision",
            ]),

        // MARK: Outside: files, text, people
        .target(name: "Locking"),
        .target(name: "Logging", dependencies: ["Trading", "JSON", "Locking"]),
        .target(name: "Configuration", dependencies: ["Trading", "Indicators", "OrderAlgorithms", "CYaml"]),
        .target(name: "Control", dependencies: ["Trading", "JSON"]),
        .target(name: "Promotion", dependencies: ["Trading", "Configuration", "JSON", "Cryptography"]),
        .target(
            name: "DataStore", dependencies: ["Trading", "MarketData", "JSON", "CZlib", "CZip", "CZstd", "CSimdjson"]),
        .target(name: "Journal", dependencies: ["Trading", "COpenSSL"]),
        .target(name: "Credentials", dependencies: ["Trading", "COpenSSL", "CCoreDump"]),
        .target(
            name: "Reports", dependencies: ["Trading", "Statistics"],
            resources: [.embedInCode("Resources")]),

        // MARK: Network: the only target with sockets
        .target(
            name: "Networking",
            dependencies: ["Trading", "VenueInterface", "Locking", "CWebSockets", "CCurl", "CLinux"]),

        .target(
            name: "VenueServer",
            dependencies: [
                "Trading", "MarketData", "DataStore", "JSON", "Cryptography", "HyperliquidSimulator", "VenueFaults",
                "VenueInterface", "Networking",
            ]),

        // MARK: Programs
        .target(
            name: "Commands",
            dependencies: [
                "Trading", "Indicators", "Statistics", "MarketData", "Analysis", "Execution", "Strategies", "Adaptive",
                "Engine", "Simulation", "Backtest", "Configuration", "Credentials", "DataStore", "Journal", "Reports",
                "CCrashReport", "Live", "Hyperliquid", "Cryptography", "Networking", "Control", "Logging", "Promotion",
                "VenueInterface", "OrderManagement", "OrderAlgorithms", "Risk", "Portfolio", "Supervision",
                "Connectivity",
            ]),
        .executableTarget(name: "apus", dependencies: ["Commands"]),
        .executableTarget(name: "venuesim", dependencies: ["VenueServer"]),
        .executableTarget(name: "apus-conform", dependencies: ["Conformance"]),
        .executableTarget(name: "apus-simulate", dependencies: ["SessionSimulation", "Locking", "Trading"]),

        // MARK: Examples: their own package is in Examples/my-strategies; here they are compiled with everything else
        .target(
            name: "ExampleStrategies", dependencies: ["Trading", "Indicators", "Execution", "Strategies"],
            path: "Examples/my-strategies/Sources/my-apus", exclude: ["main.swift"]),

        // MARK: Benchmarks: the program with strategies that load it and a count of its allocations, and a library that
        // a script loads beside the peer it is compared with
        .executableTarget(
            name: "apus-bench",
            dependencies: [
                "Commands", "Strategies", "Adaptive", "Indicators", "Trading", "Execution", "CBenchAllocations",
            ],
            path: "Benchmarks/program"),
        .executableTarget(
            name: "journal-bench", dependencies: ["Journal", "Trading"], path: "Benchmarks/journal",
            exclude: ["results.md"]),
        .executableTarget(
            name: "analysis-bench", dependencies: ["Analysis", "Trading"], path: "Benchmarks/analysis",
            exclude: ["results.md"]),
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
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(
            name: "CWebSockets", pkgConfig: "libwebsockets", providers: [.apt(["libwebsockets-dev", "libssl-dev"])]),
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev", "libssl-dev"])]),
        .target(name: "CSimdjson", linkerSettings: [.linkedLibrary("simdjson")]),
        .systemLibrary(name: "CBotan", providers: [.apt(["libbotan-2-dev"])]),
        .systemLibrary(name: "CSecp256k1", pkgConfig: "libsecp256k1", providers: [.apt(["libsecp256k1-dev"])]),
        .systemLibrary(
            name: "CLapack",
            providers: [.apt(["liblapacke-dev", "liblapack-dev", "libblas-dev", "libgfortran-12-dev"])]),
        .target(name: "CCrashReport"),
        .target(name: "CCoreDump"),

        // MARK: Tests, one target for each target above
        .testTarget(name: "TradingTests", dependencies: ["Trading", "TestSupport"], exclude: ["Fixtures"]),
        .testTarget(
            name: "AnalysisTests",
            dependencies: ["Analysis", "Indicators", "Portfolio", "Statistics", "Trading", "TestSupport"],
            exclude: ["Fixtures"]),
        .testTarget(name: "LinearAlgebraTests", dependencies: ["LinearAlgebra", "TestSupport"]),
        .testTarget(name: "IndicatorsTests", dependencies: ["Indicators", "TestSupport"], exclude: ["Fixtures"]),
        .testTarget(name: "StatisticsTests", dependencies: ["Statistics", "TestSupport"], exclude: ["Fixtures"]),
        .testTarget(name: "MarketDataTests", dependencies: ["MarketData", "Trading", "TestSupport"]),
        .testTarget(name: "ExecutionTests", dependencies: ["Execution", "Trading", "TestSupport"]),
        .testTarget(
            name: "PortfolioTests",
            dependencies: ["Portfolio", "LinearAlgebra", "Statistics", "Trading", "TestSupport"],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "OrderAlgorithmsTests",
            dependencies: [
                "OrderAlgorithms", "Backtest", "Engine", "Execution", "Indicators", "Live", "MarketData", "Simulation",
                "Strategies", "Trading", "EngineHarness", "TestSupport",
            ]),
        .testTarget(name: "RiskTests", dependencies: ["Risk", "Execution", "Trading", "TestSupport"]),
        .testTarget(
            name: "OrderManagementTests",
            dependencies: [
                "OrderManagement", "Risk", "Execution", "Trading", "VenueInterface", "TestSupport", "VenueHarness",
            ]),
        .testTarget(
            name: "AdaptiveTests",
            dependencies: [
                "Adaptive", "Analysis", "Backtest", "Engine", "Execution", "Indicators", "MarketData", "Simulation",
                "Strategies", "Trading",
                "EngineHarness", "TestSupport",
            ]),
        .testTarget(
            name: "SupervisionTests",
            dependencies: [
                "Supervision", "Portfolio", "Risk", "Backtest", "Execution", "MarketData", "Simulation", "Strategies",
                "Trading",
                "EngineHarness", "TestSupport",
            ]),
        .testTarget(
            name: "StrategiesTests",
            dependencies: [
                "Strategies", "Indicators", "Trading", "Execution", "Engine", "Backtest", "EngineHarness",
            ]),
        .testTarget(
            name: "EngineTests",
            dependencies: [
                "Engine", "Backtest", "Simulation", "Strategies", "Indicators", "MarketData", "Execution", "Trading",
                "OrderAlgorithms", "Risk", "Portfolio", "Supervision", "EngineHarness", "TestSupport",
                "CAllocationCount",
            ]),
        .testTarget(
            name: "LiveTests",
            dependencies: [
                "Adaptive", "Live", "Backtest", "Engine", "Execution", "Indicators", "Journal", "MarketData",
                "OrderAlgorithms", "OrderManagement", "Risk", "Simulation", "Strategies", "Supervision", "Trading",
                "VenueInterface", "EngineHarness", "TestSupport", "VenueHarness",
            ]),
        .testTarget(
            name: "SimulationTests", dependencies: ["Simulation", "Execution", "MarketData", "Trading", "TestSupport"]),
        .testTarget(
            name: "BacktestTests",
            dependencies: [
                "Backtest", "Configuration", "Engine", "Execution", "Indicators", "MarketData", "OrderAlgorithms",
                "Simulation", "Statistics", "Strategies", "Trading", "EngineHarness", "TestSupport",
            ], exclude: ["Scenarios"]),
        .testTarget(
            name: "ConfigurationTests", dependencies: ["Configuration", "OrderAlgorithms", "Trading", "TestSupport"],
            exclude: ["Fixtures"]),
        .testTarget(name: "ControlTests", dependencies: ["Control", "Trading"]),
        .testTarget(name: "PromotionTests", dependencies: ["Promotion", "Configuration", "Trading", "TestSupport"]),
        .testTarget(name: "LoggingTests", dependencies: ["Logging", "JSON", "Trading", "TestSupport"]),
        .testTarget(name: "DataStoreTests", dependencies: ["DataStore", "MarketData", "Trading", "TestSupport"]),
        .testTarget(name: "JournalTests", dependencies: ["Journal", "Trading", "TestSupport"]),
        .testTarget(name: "CredentialsTests", dependencies: ["Credentials", "Trading", "TestSupport"]),
        .testTarget(
            name: "HyperliquidSimulatorTests",
            dependencies: ["HyperliquidSimulator", "JSON", "Cryptography", "Trading", "TestSupport"]),
        .testTarget(name: "JSONTests", dependencies: ["JSON", "TestSupport"]),
        .testTarget(name: "CryptographyTests", dependencies: ["Cryptography", "Conformance"]),
        .testTarget(
            name: "HyperliquidTests",
            dependencies: [
                "Hyperliquid", "HyperliquidSimulator", "Conformance", "JSON", "Cryptography", "VenueInterface",
                "Connectivity", "Execution", "Risk", "Trading", "TestSupport",
            ]),
        .testTarget(
            name: "VenueServerTests",
            dependencies: [
                "VenueServer", "VenueFaults", "HyperliquidSimulator", "Hyperliquid", "Connectivity", "Networking",
                "VenueInterface", "Execution", "Risk", "Cryptography", "JSON", "Trading", "TestSupport",
            ]),
        .testTarget(name: "SessionTests", dependencies: ["apus", "apus-testing", "venuesim"]),
        .testTarget(
            name: "NetworkingTests", dependencies: ["Networking", "VenueInterface", "Trading", "TestSupport"]),
        .testTarget(name: "ReportsTests", dependencies: ["Reports", "Statistics", "Trading"]),
        .testTarget(
            name: "CommandsTests",
            dependencies: [
                "Adaptive", "Commands", "Configuration", "Connectivity", "Control", "DataStore", "Execution",
                "Hyperliquid", "Indicators", "Journal", "Live", "Locking", "Logging", "MarketData", "Networking",
                "OrderManagement",
                "Promotion", "Strategies", "TestSupport", "Trading", "VenueInterface",
            ]),
        .testTarget(name: "ConnectivityTests", dependencies: ["Connectivity", "Trading", "TestSupport"]),

        .testTarget(
            name: "SessionSimulationTests",
            dependencies: [
                "SessionSimulation", "Live", "Trading", "Cryptography", "Hyperliquid", "HyperliquidSimulator",
            ]),

        // MARK: What several test targets share
        .target(name: "TestSupport", path: "Tests/Support/TestSupport"),
        .target(
            name: "EngineHarness",
            dependencies: [
                "Backtest", "Engine", "Simulation", "Strategies", "Execution", "MarketData", "Trading", "TestSupport",
            ], path: "Tests/Support/EngineHarness"),
        .target(
            name: "VenueHarness", dependencies: ["VenueInterface", "Execution", "Trading"],
            path: "Tests/Support/VenueHarness"),
        .executableTarget(
            name: "apus-testing",
            dependencies: [
                "Adaptive", "Commands", "Strategies", "Indicators", "OrderAlgorithms", "Execution", "Trading",
            ], path: "Tests/Support/TestingProgram"),
        .target(name: "CAllocationCount", path: "Tests/Support/CAllocationCount"),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

// The fuzzer's program is built only where it is asked for: it needs `-sanitize=fuzzer` (Scripts/fuzz).
if Context.environment["APUS_FUZZ"] != nil {
    package.products.append(.executable(name: "apus-fuzz", targets: ["apus-fuzz"]))
    package.targets.append(
        .executableTarget(
            name: "apus-fuzz",
            dependencies: [
                "Configuration", "Control", "Credentials", "Cryptography", "DataStore", "Execution", "Hyperliquid",
                "HyperliquidSimulator", "JSON", "Journal", "Live", "MarketData", "Networking", "Promotion", "Risk",
                "Trading", "VenueFaults", "VenueInterface",
            ], path: "Fuzz/Sources"))
}

for target in package.targets where target.type != .system {
    target.swiftSettings = settings
}
