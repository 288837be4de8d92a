// SPDX-License-Identifier: Apache-2.0

import Adaptive
import Foundation
import Indicators
import MarketData
import Strategies
import Synchronization
import Testing
import Trading

@testable import Commands

/// The root of this package.
let packageRoot = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

/// Runs a program and waits for it.
///
/// - Returns: What it said, and its status; the number of the signal that ended it, negative.
func runProgram(
    _ path: String, _ arguments: [String], environment: [String: String] = [:]
) throws -> (status: Int32, output: String, errors: String) {
    let folder = try TemporaryFolder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    for name in ["out", "err"] { _ = try folder.write("", as: name) }
    process.standardOutput = FileHandle(forWritingAtPath: folder.path("out"))
    process.standardError = FileHandle(forWritingAtPath: folder.path("err"))
    try process.run()
    process.waitUntilExit()
    let isSignal = process.terminationReason == .uncaughtSignal
    return (
        isSignal ? -process.terminationStatus : process.terminationStatus, try folder.text("out"),
        try folder.text("err")
    )
}

/// The benchmark's bars, made by its script once and kept beside the build.
enum BenchmarkBars {
    private static let made = Mutex<Set<String>>([])

    static func path(count: Int, symbol: String = "BTCUSDT") throws -> String {
        try made.withLock { made in
            let script = packageRoot + "/Benchmarks/bars.py"
            // Another version of the script makes files of its own.
            let version = try Data(contentsOf: URL(fileURLWithPath: script)).reduce(UInt32(7)) {
                $0 &* 31 &+ UInt32($1)
            }
            let path = "\(packageRoot)/.build/test-bars/\(version)-\(symbol)-\(count).csv.gz"
            if made.insert(path).inserted {
                let ran = try runProgram(
                    "/usr/bin/env",
                    ["python3", "-B", script, "--symbol", symbol, "--count", "\(count)", "--output", path])
                try #require(ran.status == 0, "\(ran.errors)")
            }
            return path
        }
    }
}

/// A configuration for one or more strategies on a spot market without a volume limit.
func configuration(
    _ strategies: String, account: String = "{ base_currency: USDT, balances: { USDT: 1000000 } }",
    simulation: String = "{ volume_limit: none, maker_fee: 0.0005, taker_fee: 0.0005 }", more: String = ""
) -> String {
    "account: \(account)\nsimulation: \(simulation)\nstrategies:\n\(strategies)\n\(more)\n"
}

/// An EMA cross that trades often on the bars of `csv(minutes:)`.
func cross(_ name: String = "cross", market: String = "BTCUSDT", more: String = "") -> String {
    """
      \(name):
        type: ema_cross
        market: \(market)
        timeframe: 1m
        parameters: { fast_period: 3, slow_period: 8, warmup_bars: 10 }
        risk_parameters: { quantity: 0.1\(more) }
    """
}

/// One-minute bars from 2024-01-01 whose prices wander, with many wicks: the same for a seed on every machine.
func wanderingBars(_ count: Int, seed: UInt64, price start: Int64 = 30_000_00, from first: Int = 0) -> String {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
    func draw(_ bound: Int64) -> Int64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int64((state >> 33) % UInt64(bound))
    }
    func text(_ cents: Int64) -> String { "\(cents / 100).\(cents % 100 < 10 ? "0" : "")\(cents % 100)" }
    var price = start
    var lines = "open_time_ms,open,high,low,close,volume\n"
    for minute in 0..<count {
        let close = max(1_000, price + draw(6_001) - 3_000)
        let (high, low) = (max(price, close) + draw(2_500), max(1, min(price, close) - draw(2_500)))
        lines += "\(1_704_067_200_000 + (first + minute) * 60_000),\(text(price)),\(text(high)),\(text(low)),"
        lines += "\(text(close)),\(draw(900) + 1).5\n"
        price = close
    }
    return lines
}

/// What a test strategy does at its twentieth bar.
enum Misdeed: String, CaseIterable {
    case throwing = "throws", priceIsNaN = "nan_price", quantityIsNaN = "nan_quantity", trap, recursion
    case throwingInit = "init_throws", trapInInit = "init_trap", trapInPrepare = "prepare_trap"
}

/// A strategy that goes wrong in one way.
struct Misbehaving: Strategy {
    static let definition = StrategyDefinition(
        name: "misbehaving", summary: "Goes wrong.",
        parameters: [
            ParameterDefinition(
                name: "misdeed", kind: .choice(default: "throws", options: Misdeed.allCases.map(\.rawValue)),
                summary: "What it does.")
        ])
    let misdeed: Misdeed
    private var bars = 0

    struct Complaint: Error, CustomStringConvertible { let description = "the moon is in the wrong house" }

    init(parameters: StrategyParameters) throws {
        misdeed = Misdeed(rawValue: parameters.text("misdeed")) ?? .throwing
        if misdeed == .throwingInit { throw Complaint() }
        if misdeed == .trapInInit { Self.trap(at: bars) }
    }

    mutating func prepare(_ setup: inout StrategySetup) throws {
        if misdeed == .trapInPrepare { Self.trap(at: bars) }
    }

    mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        bars += 1
        guard bars == 20 else { return }
        switch misdeed {
        case .throwing: throw Complaint()
        case .priceIsNaN:
            let price = context.price(.nan)
            context.submit(
                OrderRequest(
                    instrument: context.instrument.id, side: .buy, type: .limit, quantity: Quantity(units: 1_000),
                    limit: price))
        case .quantityIsNaN: _ = context.quantity(.infinity)
        case .trap: Self.trap(at: bars)
        case .recursion: bars = Self.depth(bars)
        case .throwingInit, .trapInInit, .trapInPrepare: break
        }
    }

    private static func trap(at index: Int) {
        let empty: [Int] = []
        print(empty[index])
    }

    @inline(never)
    private static func depth(_ value: Int) -> Int {
        value == .min ? 0 : depth(value &+ 1) &+ value
    }

    static let registry: StrategyRegistry = {
        var registry = StrategyRegistry.standard
        registry.register(Misbehaving.self)
        return registry
    }()

    static func entry(_ misdeed: Misdeed, name: String = "culprit") -> String {
        """
          \(name):
            type: misbehaving
            market: BTCUSDT
            timeframe: 1m
            parameters: { misdeed: \(misdeed.rawValue) }
            risk_parameters: { quantity: 0.1 }
        """
    }
}
