// SPDX-License-Identifier: Apache-2.0

import Glibc
import JSON
import Networking
import TestSupport
import Testing
import Trading
import VenueInterface

/// The program as a user runs it.
@Suite struct ProgramTests {
    private func start(_ options: String...) throws -> ChildProcess {
        try ChildProcess([venuesim, "hyperliquid", "--stop-after", "30"] + options)
    }

    private func bars(_ count: Int, at price: Int = 100) throws -> (folder: TemporaryFolder, file: String) {
        let folder = TemporaryFolder()
        let file = folder.path + "/bars.csv"
        var text = "timestamp,open,high,low,close,volume\n"
        for number in 0..<count {
            let open = price + number
            text += "\(1_700_000_100_000 + number * 300_000),\(open),\(open + 2),\(open - 1),\(open + 1),1000\n"
        }
        let output = try #require(fopen(file, "w"))
        fputs(text, output)
        fclose(output)
        return (folder, file)
    }

    @Test func itSaysWhereItListensAndEndsOnASignal() throws {
        let venue = try start()
        #expect(venue.line()?.hasPrefix("venuesim: listening on http://127.0.0.1:") == true)
        venue.signal(SIGTERM)
        #expect(venue.line()?.hasPrefix("venuesim: ended") == true)
        #expect(venue.wait() == 0)
    }

    @Test func itEndsByItselfWhenNobodyComes() throws {
        let venue = try start("--idle-timeout", "0.2")
        _ = venue.line()
        #expect(venue.lines().count == 1)
        #expect(venue.wait() == 0)
    }

    @Test func itEndsWithItsData() throws {
        let data = try bars(100)
        let venue = try start(
            "--data", "SOL=\(data.file)", "--stamp", "open", "--speed", "max", "--exit-at-end", "--json")
        _ = venue.line()
        let last = try #require(venue.lines().last)
        let summary = try JSON.parse(last)
        #expect(venue.wait() == 0)
        #expect(summary["marketEvents"]?.integer == 400, "four trades a bar")
    }

    @Test func historyComesFromTheDataBefore() throws {
        let data = try bars(100)
        let venue = try start(
            "--data", "SOL=\(data.file)", "--stamp", "open", "--history", "60", "--wait", "--json")
        let address = try venue.address()
        let asked =
            #"{"type":"candleSnapshot","req":{"coin":"SOL","interval":"5m","startTime":0,"endTime":1900000000000}}"#
        let candles = try JSON.parse(try ask(address, asked))
        try #require(candles.count == 60)
        #expect(candles[59]?["c"]?.string == "160.0")
        let lastOpen: Int64 = 1_700_000_100_000 + 59 * 300_000
        #expect(candles[59]?["t"]?.integer == lastOpen)
    }

    @Test("Market time goes as fast as asked")
    func speed() throws {
        let data = try bars(21)
        // Twenty bars of five minutes in a second.
        let began = EventLoop.now.monotonic
        let venue = try start("--data", "SOL=\(data.file)", "--stamp", "open", "--speed", "6000", "--exit-at-end")
        _ = venue.lines()
        #expect(venue.wait() == 0)
        let took = EventLoop.now.monotonic.nanoseconds - began.nanoseconds
        #expect((1_000_000_000..<20_000_000_000).contains(took))
    }

    @Test("The same seed makes the same market")
    func seeds() throws {
        func candles(_ seed: String) throws -> String {
            let venue = try start("--seed", seed, "--start", "2026-01-01", "--generate", "gap", "--wait", "--json")
            let address = try venue.address()
            let asked =
                #"{"type":"candleSnapshot","req":{"coin":"BTC","interval":"15m","startTime":0,"endTime":1900000000000}}"#
            return try ask(address, asked)
        }
        let first = try candles("1")
        #expect(try first.count > 1000 && first == candles("1"))
        #expect(try first != candles("2"))
    }

    @Test(
        "A wrong command line is said, with what to write",
        arguments: [
            (["--port", "x"], "--port takes a number"), (["--fire"], "'--fire' is not known"),
            (["--port"], "value is missing"),
            (["--data", "BTC"], "--data takes two things"), (["--data", "BTC=/nowhere.csv"], "--data: "),
            (["--account", "0x12"], "--account: "),
            (
                ["--agent", "0x\(String(repeating: "1", count: 40))=0x\(String(repeating: "2", count: 40))"],
                "no account here"
            ),
            (["--generate", "fire"], "trend, range, crash, gap or thin"),
            (["--shape", "BTC=fire"], "trend, range, crash, gap or thin"),
            (["--shape", "BTC=range@9"], "only a crash"),
            (["--shape", "XYZ=crash@9"], "--symbols names them"), (["--speed", "0"], "--speed takes"),
            (["--fault", "lost"], "lost@place=0.05"), (["--faults", "/nowhere"], "cannot be read"),
            (["--exit-at-end=1"], "takes no value"),
            (["--series", "BTC=a/b/1m"], "--store FOLDER"), (["--from", "yesterday"], "is not a time"),
        ])
    func wrongOptions(options: [String], message: String) throws {
        let venue = try ChildProcess([venuesim, "hyperliquid"] + options)
        let lines = venue.lines()
        #expect(venue.wait() == 2)
        #expect(lines.joined(separator: "\n").contains(message), "\(lines)")
    }

    @Test(
        "A file of accounts that is not understood is refused with the place and what to write",
        arguments: [
            (#""balance":true"#, "account 1: 'balance' must be an amount"),
            (#""balance":-1"#, "account 1: 'balance' must be an amount"),
            (#""volum":"5""#, "account 1: 'volum' is not known; use address, balance, volume"),
            (#""spot":{"USDC":"many"}"#, "account 1, spot: 'USDC' must be an amount"),
            (#""spot":[5]"#, "'spot' must be an object"), (#""isVault":"yes""#, "'isVault' must be true or false"),
            (#""agents":"0x1""#, "'agents' must be a list"), (#""master":5"#, "'master' must be a text"),
            (
                #""agents":[{"address":"0x70997970C51812dc3A010C7d01b50e0d17dc79C8","until":"2027-01-01"}]"#,
                "account 1, agents 1: 'until' is not known"
            ),
        ])
    func wrongAccounts(members: String, message: String) throws {
        let folder = TemporaryFolder()
        try write(#"{"accounts":[{"address":"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",\#(members)}]}"#, folder)
        let venue = try ChildProcess([venuesim, "hyperliquid", "--accounts", folder.path + "/accounts.json"])
        let lines = venue.lines()
        #expect(venue.wait() == 2)
        #expect(lines.joined(separator: "\n").contains(message), "\(lines)")
    }

    @Test func amountsOfAccountsMayBeNumbers() throws {
        let folder = TemporaryFolder()
        let address = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
        try write(#"{"accounts":[{"address":"\#(address)","balance":25,"spot":{"USDC":1.5},"agents":[]}]}"#, folder)
        let venue = try start("--accounts", folder.path + "/accounts.json", "--json")
        let state = try ask(try venue.address(), #"{"type":"clearinghouseState","user":"\#(address)"}"#)
        #expect(try JSON.parse(state)["withdrawable"]?.string == "25.0")
    }

    private func write(_ text: String, _ folder: TemporaryFolder) throws {
        let output = try #require(fopen(folder.path + "/accounts.json", "w"))
        fputs(text, output)
        fclose(output)
    }

    @Test func aPortThatIsTakenIsSaid() throws {
        let first = try start("--json")
        let port = try #require(try first.address().split(separator: ":").last)
        let second = try start("--port", "\(port)")
        #expect(second.line()?.contains("cannot listen on 127.0.0.1:\(port)") == true)
        #expect(second.wait() == 1)
    }

    @Test func helpNamesEveryOption() throws {
        let venue = try ChildProcess([venuesim, "--help"])
        let help = venue.lines().joined(separator: "\n")
        #expect(venue.wait() == 0)
        for option in [
            "--tls", "--data", "--speed", "--faults", "--account", "--exit-at-end", "--generate", "--strict-cloids",
            "--refuse-small-close", "--ticks-one-by-one", "--greet", "--post-only",
        ] {
            #expect(help.contains(option))
        }
    }
}
