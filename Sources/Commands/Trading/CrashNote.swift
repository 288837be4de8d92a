// SPDX-License-Identifier: Apache-2.0

import Glibc
import Live
import Networking
import Strategies

/// What a session that a strategy stopped leaves behind, in a file beside the journal: which strategy it was and, where
/// it happened while the journal was played back, at which record.
///
/// The next start goes on with that strategy off, so that it cannot stop the program again; what protects its positions
/// stays. A record that was played back is not shown to it again, and the journal is told so.
struct CrashNote {
    let path: String
    private var entries: [(name: String, sequence: UInt64)] = []

    /// - Parameter folder: The journal's.
    init(folder: String) {
        path = folder + "/stopped-by"
        for line in Self.lines(of: path) {
            let parts = line.split(separator: "\t", maxSplits: 1)
            guard parts.count == 2, let sequence = UInt64(parts[0]) else { continue }
            let entry = (name: String(parts[1]), sequence: sequence)
            if !entries.contains(where: { $0 == entry }) { entries.append(entry) }
        }
    }

    private static func lines(of path: String) -> [String] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 64 * 1024)
        let count = read(file, &bytes, bytes.count)
        guard count > 0 else { return [] }
        return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// A long name is cut where it is noted.
    private static func index(of name: String, in names: [String]) -> Int? {
        names.firstIndex { $0 == name || name.utf8.count == 127 && $0.utf8.starts(with: name.utf8) }
    }

    /// From now on a trap adds to it.
    func arm() { CrashReport.leaveNote(in: path) }

    /// Records of the journal that strategies trapped at while they were played back.
    ///
    /// - Parameter names: By strategy number.
    func traps(_ names: [String]) -> [StrategyTrap] {
        entries.compactMap { entry in
            guard entry.sequence > 0, let index = Self.index(of: entry.name, in: names) else { return nil }
            return StrategyTrap(strategy: index, sequence: entry.sequence)
        }
    }

    /// Why a journal cannot be played back without what is noted; the note is gone then, so that a strategy that was
    /// mended is not left out for ever.
    func refusal(_ difference: Replay.Difference) -> CommandFailure? {
        let played = entries.filter { $0.sequence > 0 }
        guard let first = played.first else { return nil }
        unlink(path)
        return .failed(
            "The strategy '\(first.name)' stopped the program when record \(first.sequence) of the journal was played "
                + "back to it, and it cannot be left out from there on, because the journal goes on with decisions of it "
                + "(\(difference)). It decides otherwise than when they were written: mend it, or go on with the version "
                + "that wrote the journal; or begin a new journal with --new, after closing what it holds.")
    }

    /// Switches the strategies off that it names, and says of all that are off what protects their positions.
    func switchOff(in session: inout LiveSession, _ console: Console) {
        let names = session.strategyNames
        for trap in traps(names) { session.note(trap) }
        let culprits = Set(entries.compactMap { Self.index(of: $0.name, in: names) })
        for index in culprits.sorted() {
            session.handle(.command(.setStrategy(index, isOn: false)), at: EventLoop.now)
        }
        for (index, isOff) in session.strategiesOff.enumerated() where isOff {
            let name = names[index]
            console.printError(
                culprits.contains(index)
                    ? "apus: the strategy '\(name)' stopped the program the last time, so it is off now; its stops and "
                        + "targets stay. Once it is mended: apus control enable --feature '\(name)'"
                    : "apus: the strategy '\(name)' is off, as it was before this start; its stops and targets stay. To "
                        + "switch it on: apus control enable --feature '\(name)'")
            for holding in session.holdings(of: index) { console.printError("apus: '\(name)' \(holding)") }
        }
        // From here on the journal knows.
        if !entries.isEmpty, !session.hasUnwritten { unlink(path) }
    }
}
