// SPDX-License-Identifier: Apache-2.0

/// What somebody asked of a running session, and who that was; written down before it is done or refused.
///
/// What it came to is in the records that follow. What a session asks of itself, at the end of its time for example,
/// has no such record.
public struct SessionRequest: Hashable, Sendable, CustomStringConvertible {
    public enum Way: UInt8, Hashable, Sendable, CaseIterable {
        case controlSocket = 0
        case signal = 1
    }

    public var way: Way
    /// Who sent it, by the ids that the system gives for the other end. A process id of 0 is the system itself: keys that
    /// were pressed at a terminal.
    public var user: UInt32
    public var process: Int32
    /// In the words of `apus control`.
    public var text: String

    public init(_ text: String, way: Way, user: UInt32, process: Int32) {
        self.text = text
        self.way = way
        self.user = user
        self.process = process
    }

    /// `kill --flatten, asked for over the control socket by process 4711 of user 1000`.
    public var description: String {
        let how =
            switch way {
            case .controlSocket: "over the control socket"
            case .signal: "by signal"
            }
        let who = process == 0 ? "from its terminal" : "by process \(process) of user \(user)"
        return "\(text), asked for \(how) \(who)"
    }
}
