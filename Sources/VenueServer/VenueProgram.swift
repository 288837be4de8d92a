// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import HyperliquidSimulator
internal import JSON
internal import Networking
internal import Trading
internal import VenueFaults
internal import VenueInterface

/// The program `venuesim`.
public enum VenueProgram {
    /// - Returns: The exit status: 0, 1 for what could not be done, 2 for a wrong command line.
    public static func run(_ arguments: [String]) -> Int32 {
        guard let venue = arguments.first, venue != "--help", venue != "-h" else {
            print(help)
            return arguments.isEmpty ? 2 : 0
        }
        if arguments.contains("--help") {
            print(help)
            return 0
        }
        guard venue == "hyperliquid" else { return wrong("'\(venue.prefix(80))' cannot be simulated.") }
        do throws(UsageError) {
            let options = try ServerOptions(arguments.dropFirst())
            let assembly = try VenueAssembly(options, now: EventLoop.now.wall)
            return serve(options, assembly)
        } catch {
            return wrong(error.message)
        }
    }

    private static func wrong(_ message: String) -> Int32 {
        complain("venuesim: \(message)\n\(usage)\nvenuesim --help lists all options.\n")
        return 2
    }

    private static func complain(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(2, bytes, bytes.count)
    }

    /// At once, though it goes to a pipe: others wait for the first line.
    private static func say(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = write(1, bytes, bytes.count)
    }

    static let usage = "Usage: venuesim hyperliquid [OPTIONS]"

    static var help: String {
        let width = ServerOption.all.map(\.usage.count).max() ?? 0
        let lines = ServerOption.all.map { option in
            "  \(option.usage)\(String(repeating: " ", count: width - option.usage.count))  \(option.help)"
        }
        return """
            Simulates a venue for clients: REST and WebSocket on this machine, with the venue's own protocol.

            \(usage)

            \(lines.joined(separator: "\n"))

            Examples:
              venuesim hyperliquid --generate range --account 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266=1000
              venuesim hyperliquid --data BTC=BTC-5m.csv.gz --from 2025-07-01 --speed 600 --exit-at-end
            """
    }

    private static func serve(_ options: ServerOptions, _ assembly: VenueAssembly) -> Int32 {
        let loop: EventLoop
        let server: LoopbackServer
        do throws(NetworkError) {
            loop = try EventLoop()
            try loop.watchSignals([SIGINT, SIGTERM]) { _ in loop.stop() }
            var settings = LoopbackServer.Settings()
            settings.address = options.address
            settings.port = options.port
            settings.certificate = options.certificate
            server = try LoopbackServer(settings: settings, loop: loop)
        } catch {
            complain("venuesim: \(error)\n")
            return 1
        }
        let host = HyperliquidHost(
            simulator: assembly.simulator, feed: assembly.feed,
            pace: MarketPace(speed: options.speed, waitsForClient: options.waitsForClient), faults: assembly.faults,
            skew: options.skew, server: server, loop: loop)
        let scheme = options.certificate == nil ? "http" : "https"
        announce("\(scheme)://\(options.address):\(server.port)", port: server.port, options, assembly)
        if let span = options.stopAfter { loop.schedule(at: EventLoop.now.monotonic + span) { loop.stop() } }
        if let span = options.idleTimeout { watchIdleness(host, loop, span) }
        if options.exitsAtEnd {
            host.whenEnded = { host.finish { loop.stop() } }
        }
        loop.run()
        say(summary(host, isJSON: options.isJSON))
        server.stop()
        return 0
    }

    private static func announce(
        _ address: String, port: UInt16, _ options: ServerOptions, _ assembly: VenueAssembly
    ) {
        if options.isJSON {
            var writer = JSONWriter()
            writer.object {
                $0.string("venue", "hyperliquid")
                $0.string("address", address)
                $0.integer("port", port)
                $0.key("notes")
                $0.array { for note in assembly.notes { $0.string(note) } }
            }
            say(writer.text)
        } else {
            say("venuesim: listening on \(address)")
            for note in assembly.notes { say("venuesim: \(note)") }
        }
    }

    private static func watchIdleness(_ host: HyperliquidHost, _ loop: EventLoop, _ span: TimeSpan) {
        let due = max(host.idleSince + span, EventLoop.now.monotonic + .milliseconds(10))
        loop.schedule(at: host.connectionsOpen > 0 ? EventLoop.now.monotonic + span : due) {
            if host.connectionsOpen == 0, EventLoop.now.monotonic >= host.idleSince + span {
                loop.stop()
            } else {
                watchIdleness(host, loop, span)
            }
        }
    }

    private static func summary(_ host: HyperliquidHost, isJSON: Bool) -> String {
        let statistics = host.simulator.statistics
        let figures: [(name: String, value: Int)] = [
            ("requests", statistics.requests), ("actions", statistics.actions.values.reduce(0, +)),
            ("ordersReceived", statistics.ordersReceived.count),
            ("ordersReceivedTwice", statistics.ordersReceived.values.count { $0 > 1 }),
            ("posts", statistics.posts), ("connections", statistics.connections),
            ("messagesSent", statistics.messagesSent), ("marketEvents", statistics.marketEvents),
            ("fills", statistics.fills), ("ordersRefused", statistics.ordersRefused),
            ("triggersFired", statistics.triggersFired), ("liquidations", statistics.liquidations),
            ("tooManyRequests", statistics.tooManyRequests), ("unreadable", statistics.unreadable),
        ]
        let faults = FaultKind.allCases.compactMap { kind in
            host.faults.counts[kind].map { (name: kind.rawValue, value: $0) }
        }
        guard isJSON else {
            let parts = (figures + faults.map { (name: "fault " + $0.name, value: $0.value) }).filter { $0.value > 0 }
            return "venuesim: ended; " + parts.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
        }
        var writer = JSONWriter()
        writer.object {
            for figure in figures { $0.integer(figure.name, figure.value) }
            $0.key("faults")
            $0.object { for fault in faults { $0.integer(fault.name, fault.value) } }
        }
        return writer.text
    }
}
