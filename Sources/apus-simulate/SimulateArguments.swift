// SPDX-License-Identifier: Apache-2.0

import SessionSimulation
import Trading

struct ArgumentError: Error, CustomStringConvertible {
    let description: String
}

/// What was asked for on the command line.
struct SimulateArguments {
    static let help = """
        Usage: apus-simulate [--seeds FIRST..<END | --seed N] [--days N] [options]

        Simulates whole trading days of the live stack, with faults, and checks that nothing is lost, sent twice, or
        left open. Ends with 1 where a rule was broken, and says how to see it again.

          --seeds 0..<100    Which worlds to simulate (default 0..<10).
          --seed N           One world.
          --days N           Days of each world (default 1).
          --jobs N           Worlds at one time (default 1).
          --faults A,B,…     Only these kinds of faults; none: no faults. Kinds: \(FaultKind.allCases.map(\.rawValue).joined(separator: ", ")).
          --defect NAME      Builds a mistake in. Names: \(Defect.allCases.map(\.rawValue).joined(separator: ", ")).
          --cuts N           Kills the program at every event of recorded sessions, N times altogether.
          --algorithms       One of the strategies works orders through algorithms too.
          --spot             Strategies trade two spot markets too.
          --post-only        The venue has times of post-only orders too.
          --bars 5m          What the strategies decide on (default 15m): shorter bars make more orders a day.
          --event N          With --cuts: only at this event, and prints everything that follows.
          --trace            Prints every event (one seed).
          --keep-going       Does not stop at the first broken rule.
          --json             Prints the totals as JSON.
          --verbose          Prints a line for each world.
        """

    var seeds: Range<UInt64> = 0..<10
    var days = 1
    var jobs = 1
    var faults = FaultKind.usual
    var defect: Defect?
    var cuts: Int?
    var event: Int?
    var isTraced = false
    var keepsGoing = false
    var usesAlgorithms = false
    var hasSpot = false
    var timeframe: Timeframe?
    var isJSON = false
    var isVerbose = false

    init(_ arguments: [String]) throws(ArgumentError) {
        var place = 0
        var hasPostOnly = false
        func value() throws(ArgumentError) -> String {
            place += 1
            guard place < arguments.count else {
                throw ArgumentError(description: "\(arguments[place - 1]) needs a value.")
            }
            return arguments[place]
        }
        func number(_ name: String) throws(ArgumentError) -> Int {
            let text = try value()
            guard let number = Int(text), number > 0 else {
                throw ArgumentError(description: "\(name) needs a number above zero, was '\(text)'.")
            }
            return number
        }
        while place < arguments.count {
            switch arguments[place] {
            case "--seeds": seeds = try Self.range(try value())
            case "--seed":
                let text = try value()
                guard let seed = UInt64(text), seed < .max else {
                    throw ArgumentError(description: "--seed needs a whole number, was '\(text)'.")
                }
                seeds = seed..<seed + 1
            case "--days": days = try number("--days")
            case "--jobs": jobs = min(64, try number("--jobs"))
            case "--cuts": cuts = try number("--cuts")
            case "--event":
                let text = try value()
                guard let number = Int(text), number >= 0 else {
                    throw ArgumentError(description: "--event needs a whole number, was '\(text)'.")
                }
                event = number
            case "--faults": faults = try Self.faults(try value())
            case "--defect":
                let name = try value()
                guard let found = Defect(rawValue: name) else {
                    throw ArgumentError(description: "There is no defect '\(name)'.")
                }
                defect = found
            case "--algorithms": usesAlgorithms = true
            case "--spot": hasSpot = true
            case "--post-only": hasPostOnly = true
            case "--bars":
                let text = try value()
                do {
                    timeframe = try Timeframe(parsing: text)
                } catch {
                    throw ArgumentError(description: "\(error)")
                }
            case "--trace": isTraced = true
            case "--keep-going": keepsGoing = true
            case "--json": isJSON = true
            case "--verbose": isVerbose = true
            default: throw ArgumentError(description: "'\(arguments[place])' is not known here.")
            }
            place += 1
        }
        if hasPostOnly { faults.insert(.postOnly) }
    }

    private static func range(_ text: String) throws(ArgumentError) -> Range<UInt64> {
        let parts = text.split(separator: "..<", maxSplits: 1)
        guard parts.count == 2, let first = UInt64(parts[0]), let end = UInt64(parts[1]), first < end else {
            throw ArgumentError(description: "--seeds needs a range such as 0..<100, was '\(text)'.")
        }
        return first..<end
    }

    private static func faults(_ text: String) throws(ArgumentError) -> Set<FaultKind> {
        if text == "none" { return [] }
        if text == "all" { return FaultKind.usual }
        var kinds: Set<FaultKind> = []
        for name in text.split(separator: ",") {
            guard let kind = FaultKind(rawValue: String(name)) else {
                throw ArgumentError(description: "There is no kind of fault '\(name)'.")
            }
            kinds.insert(kind)
        }
        return kinds
    }

    /// The command line that shows one world again.
    func replay(of plan: SimulationPlan) -> String {
        var text = "apus-simulate --seed \(plan.seed) --days \(plan.days)"
        if plan.faults == FaultKind.usual.union([.postOnly]) {
            text += " --post-only"
        } else if plan.faults != FaultKind.usual {
            let names = FaultKind.allCases.filter(plan.faults.contains).map(\.rawValue).joined(separator: ",")
            text += " --faults \(names.isEmpty ? "none" : names)"
        }
        if let defect = plan.defect { text += " --defect \(defect.rawValue)" }
        if plan.usesAlgorithms { text += " --algorithms" }
        if plan.hasSpot { text += " --spot" }
        if let timeframe { text += " --bars \(timeframe)" }
        return text
    }
}
