// SPDX-License-Identifier: Apache-2.0

import Connectivity
import Trading
import VenueInterface

/// The venue closes a connection on which it sent nothing for 60 s.
private let pingEvery = TimeSpan.seconds(30)
private let longestSilence = TimeSpan.seconds(65)

extension HyperliquidConnector {
    var areLinksUp: Bool { links.allSatisfy(\.isUp) }

    /// Where actions can be posted.
    var postLink: StreamID? {
        guard let link = links.last, case .up(let stream) = link.state else { return nil }
        return stream
    }

    private func index(of stream: StreamID) -> Int? { links.firstIndex { $0.stream == stream } }

    mutating func startLinks(at now: Moment, into outputs: inout [ConnectorOutput]) {
        for index in links.indices where links[index].state == .idle {
            links[index].state = .waiting(until: now.monotonic)
            links[index].downSince = now.monotonic
        }
        advanceLinks(at: now, into: &outputs)
    }

    mutating func stopLinks(at now: Moment, into outputs: inout [ConnectorOutput]) {
        for index in links.indices {
            if let stream = links[index].stream {
                outputs.append(.closeStream(stream))
                endLost(on: stream, .closed("stopped"), at: now, into: &outputs)
            }
            links[index].state = .idle
            links[index].downSince = nil
        }
        health.stop()
        fallback = HyperliquidFallback()
        if wasUp {
            wasUp = false
            outputs.append(.event(.linkDown(reason: "stopped")))
        }
    }

    // MARK: Inputs

    mutating func opened(_ stream: StreamID, at now: Moment, into outputs: inout [ConnectorOutput]) {
        guard let index = index(of: stream), case .opening = links[index].state else {
            return outputs.append(.closeStream(stream))
        }
        links[index].state = .subscribing(stream, since: now.monotonic)
        links[index].lastHeard = now.monotonic
        links[index].lastPing = now.monotonic
        links[index].complaint = nil
        for subscription in links[index].subscriptions.indices {
            links[index].isConfirmed[subscription] = false
            let frame = HyperliquidFrame.subscribe(links[index].subscriptions[subscription])
            sendControl(frame, on: stream, priority: .account, at: now)
        }
        confirmedSome(index, at: now, into: &outputs)
    }

    mutating func closed(
        _ stream: StreamID, _ failure: TransportFailure, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        guard let index = index(of: stream) else { return }
        lose(index, reason: "the connection for \(links[index].name) ended: \(failure)", at: now, into: &outputs)
    }

    /// A message came: the connection lives.
    mutating func heard(on stream: StreamID, at now: Moment) -> Int? {
        guard let index = links.firstIndex(where: { $0.openStream == stream }) else { return nil }
        links[index].lastHeard = now.monotonic
        return index
    }

    /// The venue confirmed a subscription, or data shows that it works.
    mutating func confirm(
        _ subscription: HyperliquidSubscription, on index: Int, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        if links[index].confirm(subscription) { confirmedSome(index, at: now, into: &outputs) }
    }

    private mutating func confirmedSome(_ index: Int, at now: Moment, into outputs: inout [ConnectorOutput]) {
        guard case .subscribing(let stream, _) = links[index].state, !links[index].isConfirmed.contains(false) else {
            return
        }
        hasWork = true
        links[index].state = .up(stream)
        links[index].downSince = nil
        links[index].backoff.recovered(at: now.monotonic)
        if index == 0 { marketReturned(at: now, into: &outputs) }
        guard !wasUp, areLinksUp else { return }
        wasUp = true
        outputs.append(.event(.linkUp))
    }

    // MARK: Losing

    private mutating func lose(
        _ index: Int, reason: String, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        guard let stream = links[index].stream else { return }
        let wait = links[index].backoff.failed(at: now.monotonic, using: &jitter)
        links[index].state = isRunning ? .waiting(until: now.monotonic.later(by: wait)) : .idle
        if links[index].downSince == nil { links[index].downSince = now.monotonic }
        if index == 0 { health.stop() }
        endLost(on: stream, .closed(reason), at: now, into: &outputs)
        guard wasUp else { return }
        wasUp = false
        outputs.append(.event(.linkDown(reason: reason)))
    }

    private mutating func drop(_ index: Int, reason: String, at now: Moment, into outputs: inout [ConnectorOutput]) {
        if let stream = links[index].stream { outputs.append(.closeStream(stream)) }
        lose(index, reason: reason, at: now, into: &outputs)
    }

    // MARK: Time

    mutating func advanceLinks(at now: Moment, into outputs: inout [ConnectorOutput]) {
        for index in links.indices {
            switch links[index].state {
            case .idle: break
            case .waiting(let until):
                if now.monotonic >= until { open(index, at: now, into: &outputs) }
            case .opening(_, let since):
                if now.monotonic >= since.later(by: configuration.connectTimeout) {
                    drop(index, reason: "connecting took too long", at: now, into: &outputs)
                }
            case .subscribing(_, let since):
                if now.monotonic >= since.later(by: configuration.subscribeTimeout) {
                    tellUnconfirmed(index, into: &outputs)
                    drop(index, reason: "not every subscription was confirmed in time", at: now, into: &outputs)
                }
            case .up: break
            }
            keepAlive(index, at: now, into: &outputs)
        }
    }

    private mutating func open(_ index: Int, at now: Moment, into outputs: inout [ConnectorOutput]) {
        connectionNumber += 1
        let token = connectionNumber
        let latest = TimeSpan(nanoseconds: .max)
        guard (try? connectionLimiter.enqueue(token, weight: 1, priority: .cancel, expires: latest)) != nil else {
            return
        }
        guard connectionLimiter.next(at: now.monotonic) == token else {
            // No more connections a minute than the venue allows.
            let room = connectionLimiter.nextWake(at: now.monotonic) ?? now.monotonic.later(by: .seconds(1))
            _ = connectionLimiter.withdraw(token)
            links[index].state = .waiting(until: max(room, now.monotonic.later(by: .milliseconds(1))))
            return
        }
        connectionLimiter.settle(token, at: now.monotonic)
        streamNumber += 1
        let stream = StreamID(streamNumber)
        links[index].state = .opening(stream, since: now.monotonic)
        outputs.append(.openStream(stream, path: "/ws"))
    }

    private mutating func keepAlive(_ index: Int, at now: Moment, into outputs: inout [ConnectorOutput]) {
        guard let stream = links[index].openStream else { return }
        if now.monotonic >= links[index].lastHeard.later(by: longestSilence) {
            let silence = now.monotonic.since(links[index].lastHeard).nanoseconds / 1_000_000_000
            return drop(index, reason: "nothing came for \(silence) s", at: now, into: &outputs)
        }
        if now.monotonic >= links[index].lastPing.later(by: pingEvery) {
            links[index].lastPing = now.monotonic
            sendControl(HyperliquidFrame.ping, on: stream, priority: .cancel, at: now)
        }
    }

    private func tellUnconfirmed(_ index: Int, into outputs: inout [ConnectorOutput]) {
        let missing = links[index].unconfirmed
        let names = missing.prefix(3).map(\.name).joined(separator: ", ")
        let more = missing.count > 3 ? " and \(missing.count - 3) more" : ""
        let complaint = links[index].complaint.map { "; the venue said: \($0)" } ?? ""
        outputs.append(.event(.notice(.warning("The venue did not confirm \(names)\(more)\(complaint)."))))
    }

    /// Queues something that needs no answer.
    private mutating func sendControl(
        _ bytes: [UInt8], on stream: StreamID, priority: RateLimiter.Priority, at now: Moment
    ) {
        nextToken += 1
        let expires = now.monotonic.later(by: longestSilence)
        // A queue that is full of them belongs to a connection that will be dropped for its silence.
        guard (try? socketLimiter.enqueue(nextToken, weight: 1, priority: priority, expires: expires)) != nil else {
            return
        }
        controlMessages[nextToken] = (stream, bytes)
    }

    var nextLinkWake: TimeSpan? {
        var wake: TimeSpan?
        for link in links {
            switch link.state {
            case .idle: break
            case .waiting(let until): wake = earliest(wake, until)
            case .opening(_, let since): wake = earliest(wake, since.later(by: configuration.connectTimeout))
            case .subscribing(_, let since): wake = earliest(wake, since.later(by: configuration.subscribeTimeout))
            case .up: break
            }
            guard link.openStream != nil else { continue }
            wake = earliest(wake, min(link.lastHeard.later(by: longestSilence), link.lastPing.later(by: pingEvery)))
        }
        return wake
    }
}
