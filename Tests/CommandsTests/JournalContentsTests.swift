// SPDX-License-Identifier: Apache-2.0

import Configuration
import Journal
import Live
import Testing
import Trading

@testable import Commands

@Suite("Whether a session can go on with a journal")
struct JournalContentsTests {
    static let text = """
        strategies: { s: { type: ema_cross, venue: v, market: BTC, timeframe: 1h } }
        venues: { v: { type: hyperliquid, network: testnet } }
        """

    private func check(
        _ journalText: String, mode: SessionMode = .paper, now text: String
    ) throws -> String? {
        let disk = SimulatedDisk()
        let journal = try Journal.recover(disk, JournalSettings(journalID: 5), at: .epoch)
        let record = SessionRecord.started(
            SessionStart(
                version: Program.version, mode: mode, instance: 1, startedAt: .epoch, configuration: journalText,
                venues: [], deposits: []))
        try journal.append(kind: record.kind, at: .epoch) { record.write(to: &$0) }
        try journal.commit()
        let document = try ConfigurationDocument(parsing: text, file: "now")
        let contents = try JournalContents(disk)
        do {
            try contents.check(mode: .paper, fingerprint: document.journalFingerprint, Console())
            return nil
        } catch { return "\(error)" }
    }

    @Test func whatDoesNotDecideMayChange() throws {
        let louder = Self.text + "\nlogging: { level: debug }\nlive: { status_every: 5s }\n# and a comment"
        #expect(try check(Self.text, now: louder) == nil)
        #expect(try check(louder, now: Self.text) == nil)
    }

    @Test func whatDecidesMayNot() throws {
        let other = Self.text.replacing("1h", with: "2h")
        #expect(try check(Self.text, now: other)?.contains("another configuration") == true)
        #expect(try check("{ not a configuration", now: other)?.contains("another configuration") == true)
        #expect(try check(Self.text, mode: .live, now: Self.text)?.contains("in live mode, not paper") == true)
    }

    @Test func anEmptyJournalAcceptsAnything() throws {
        let contents = try JournalContents(SimulatedDisk())
        try contents.check(mode: .live, fingerprint: "anything", Console())
        #expect(contents.start == nil)
    }
}
