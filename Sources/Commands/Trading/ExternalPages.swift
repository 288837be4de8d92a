// SPDX-License-Identifier: Apache-2.0

import Configuration
import Credentials
import Glibc
import MarketData
import Networking
import Trading
import VenueInterface

/// The pages that a session asks for values of series from outside, with their sockets, their secrets and the files that
/// keep what was received.
final class ExternalPages {
    /// A longer answer is refused.
    static let answerBytesMax = 1 << 20

    private final class Watched {
        let series: Int
        let path: String
        let headers: [(name: String, value: String)]
        let client: PageClient
        let keeper: ExternalKeeper
        var poller: ExternalPoller
        var isKept = true

        init(
            series: Int, headers: [(name: String, value: String)], client: PageClient, keeper: ExternalKeeper,
            poller: ExternalPoller
        ) {
            self.series = series
            path = poller.page.address.path
            self.headers = headers
            self.client = client
            self.keeper = keeper
            self.poller = poller
        }
    }

    /// What a session does with what comes of it.
    struct Receiver {
        /// The session's time; `nil` while it has none.
        var timeOfReceipt: (Moment) -> Timestamp?
        var deliver: (ExternalArrival, Moment) -> Void
        var warn: (String) -> Void
        var note: (String) -> Void
    }

    private var pages: [Watched] = []
    private let loop: EventLoop
    /// What no log may show.
    private(set) var secrets: [[UInt8]] = []

    var isEmpty: Bool { pages.isEmpty }

    /// - Parameters:
    ///   - known: What the files say, by series.
    ///   - vault: Opens the vault; called once at most.
    init(
        _ settings: [ExternalSettings], known: [ExternalSeries], loop: EventLoop,
        vault: () throws(CredentialError) -> Vault
    ) throws(CommandFailure) {
        self.loop = loop
        var opened: Vault?
        for (series, settings) in settings.enumerated() {
            guard let page = settings.page else { continue }
            var headers: [(name: String, value: String)] = []
            for header in page.headers {
                let secret: [UInt8]
                do throws(CredentialError) {
                    let source = try Credentials.CredentialSource.parse(header.source.description)
                    let credential = try source.load(at: EventLoop.now.wall) { () throws(CredentialError) in
                        if let opened { return opened }
                        let vault = try vault()
                        opened = vault
                        return vault
                    }
                    secret = credential.secret.withBytes { Array($0) }
                } catch { throw .failed("external.\(settings.name).headers.\(header.name): \(error)") }
                guard secret.allSatisfy({ $0 > 32 && $0 < 127 }), !secret.isEmpty else {
                    throw .failed(
                        "external.\(settings.name).headers.\(header.name): the secret in \(header.source) has spaces, "
                            + "line ends or letters that a header cannot have. Correct it there.")
                }
                secrets.append(secret)
                headers.append((header.name, header.prefix + String(decoding: secret, as: UTF8.self)))
            }
            let client: PageClient
            do throws(NetworkError) {
                client = try PageClient(
                    server: try ServerAddress(parsing: "\(page.address.server)"), answerBytesMax: Self.answerBytesMax,
                    loop: loop)
            } catch { throw .failed("external.\(settings.name).url: \(error)") }
            let keeper: ExternalKeeper
            do throws(CommandFailure) { keeper = try ExternalKeeper(path: page.keep) } catch {
                throw .failed("external.\(settings.name).keep: \(error)")
            }
            pages.append(
                Watched(
                    series: series, headers: headers, client: client, keeper: keeper,
                    poller: ExternalPoller(
                        settings.name, page, newest: known[series].observation(at: .distantFuture),
                        seed: UInt64.random(in: 1 ... .max))))
        }
    }

    /// Begins to ask.
    func start(_ receiver: Receiver) { for page in pages { ask(page, receiver) } }

    func close() { for page in pages { page.client.close() } }

    private func ask(_ page: Watched, after wait: TimeSpan, _ receiver: Receiver) {
        _ = loop.schedule(at: EventLoop.now.monotonic + wait) { [weak self] in self?.ask(page, receiver) }
    }

    private func ask(_ page: Watched, _ receiver: Receiver) {
        // A session on the clock of its venue has no time before that has said one.
        guard receiver.timeOfReceipt(EventLoop.now) != nil else {
            return ask(page, after: .milliseconds(250), receiver)
        }
        let headers = page.headers + page.poller.conditions
        page.client.get(page.path, headers: headers, timeout: page.poller.page.timeout) { [weak self] answer in
            let now = EventLoop.now
            guard let self, let receivedAt = receiver.timeOfReceipt(now) else { return }
            let outcome = page.poller.take(answer, receivedAt: receivedAt, at: now.monotonic)
            ask(page, after: outcome.wait, receiver)
            outcome.warnings.forEach(receiver.warn)
            outcome.notes.forEach(receiver.note)
            guard let found = outcome.observation else { return }
            receiver.deliver(ExternalArrival(series: page.series, found), now)
            keep(found, page, receiver)
        }
    }

    /// One that cannot be kept is known all the same.
    private func keep(_ found: ExternalObservation, _ page: Watched, _ receiver: Receiver) {
        do throws(CommandFailure) {
            try page.keeper.keep(found)
            page.isKept = true
        } catch {
            if page.isKept { receiver.warn("external.\(page.poller.name).keep: \(error)") }
            page.isKept = false
        }
    }
}
