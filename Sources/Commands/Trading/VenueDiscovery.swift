// SPDX-License-Identifier: Apache-2.0

import Configuration
import Cryptography
import Hyperliquid
import Networking
import Trading
import VenueInterface

/// What a session must know of a venue before it can be assembled: its markets, and whether the key may act.
///
/// Asked once, before trading; each question is tried three times.
final class VenueDiscovery {
    struct Failure: Error, CustomStringConvertible { let description: String }

    private let settings: Configuration.VenueSettings
    private let loop: EventLoop
    private let transport: VenueTransport
    private var answer: HTTPOutcome?
    private var number: UInt64 = 0
    /// What its questions weighed so far.
    private(set) var weight = 0
    /// The most that they weigh where each is answered at once.
    static let mostWeight = 100

    init(_ settings: Configuration.VenueSettings, loop: EventLoop) throws(NetworkError) {
        self.settings = settings
        self.loop = loop
        transport = try VenueTransport(endpoint: try settings.endpoint(), loop: loop)
        transport.handler = { [unowned self] input, _ in
            if case .answer(_, let outcome) = input { answer = outcome }
        }
    }

    deinit { transport.close() }

    /// Waits until what the run before has used leaves room for the questions.
    func waitForRoom(beside uses: [RequestMemory.Use], within limit: Int, _ console: Console) {
        let span = uses.wait(for: Self.mostWeight, within: limit, at: EventLoop.now)
        guard span > .zero else { return }
        console.printError(
            "apus: the run before has used the requests that \(settings.name) allows in a minute; going on in "
                + "\(span.nanoseconds / 1_000_000_000 + 1) s.")
        wait(span)
    }

    /// All markets of the venue, those that are not traded any more as well.
    func markets() throws(Failure) -> [HyperliquidMarket] {
        let perpetual = try ask(.meta())
        let spot = try ask(.spotMeta)
        do {
            return try HyperliquidAnswer.universe(perpetual: perpetual, spot: spot).markets
        } catch {
            throw Failure(description: "\(settings.name) described its markets in a way that cannot be read: \(error)")
        }
    }

    /// Whose orders a key may sign.
    ///
    /// - Returns: What is wrong, in words; `nil` where the key is the account's own or one of its agents.
    func permissionProblem(of key: EthereumAddress, for account: EthereumAddress) throws(Failure) -> String? {
        if key == account { return nil }
        let bytes = try ask(.role(key.description))
        let role: HyperliquidRole
        do { role = try HyperliquidAnswer.value(HyperliquidRole.self, bytes) } catch {
            throw Failure(
                description: "\(settings.name) described the key's role in a way that cannot be read: \(error)")
        }
        switch (role.role, role.master) {
        case ("agent", account.description): return nil
        case ("agent", let master?):
            return "the key \(key) is an agent of \(master), not of venues.\(settings.name).account (\(account)). Name "
                + "that account, or use an agent that it approved."
        default:
            return
                "the key \(key) is not an agent of \(account). Approve it on the venue's API page, or name the account "
                + "that it belongs to."
        }
    }

    private func ask(_ request: HyperliquidRequest) throws(Failure) -> [UInt8] {
        var last = ""
        var pause = TimeSpan.zero
        for attempt in 0..<3 {
            if attempt > 0 { wait(max(pause, .milliseconds(500 << Int64(attempt)))) }
            pause = .zero
            number += 1
            weight += request.weight
            answer = nil
            transport.perform(
                .request(HTTPRequest(id: RequestID(number), path: "/info", body: request.bytes, timeout: .seconds(10))))
            while answer == nil, !Interruption.isRequested { loop.runOnce() }
            guard let answer else { throw Failure(description: "Interrupted.") }
            switch answer {
            case .response(let status, let body, _) where status == 200: return body
            case .response(let status, _, let retryAfter):
                last = "it answered with status \(status)"
                // Who is asked to wait and does not is shut out for longer; nobody waits for minutes at a start.
                pause = min(retryAfter ?? .zero, .minutes(1))
            case .failure(let failure): last = failure.description
            }
        }
        throw Failure(
            description: "\(settings.name) at \(settings.address) does not answer: \(last). Check the network and "
                + "venues.\(settings.name).url.")
    }

    private func wait(_ span: TimeSpan) {
        var isOver = false
        let timer = loop.schedule(at: EventLoop.now.monotonic + span) { isOver = true }
        while !isOver, !Interruption.isRequested { loop.runOnce() }
        loop.cancel(timer)
    }
}

extension Configuration.VenueSettings {
    func endpoint() throws(NetworkError) -> VenueEndpoint {
        VenueEndpoint(
            rest: try ServerAddress(parsing: "\(address)"), stream: try ServerAddress(parsing: "\(streamAddress)"),
            proxy: try proxy.map { proxy throws(NetworkError) in .address(try ProxyAddress(parsing: "\(proxy)")) }
                ?? .environment, authoritiesFile: certificateFile)
    }
}
