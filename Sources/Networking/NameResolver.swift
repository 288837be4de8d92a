// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc
internal import Locking

/// Finds the addresses of a name without holding up the event loop: each look-up has a thread of its own, since the
/// system's resolver blocks, for seconds when a name server is gone.
final class NameResolver {
    enum Answer: Sendable {
        /// As numbers, in the system's order of preference; at least one.
        case addresses([String])
        case failed(String)
    }
    private struct Finished: Sendable {
        var id: UInt64
        var answer: Answer
    }
    private final class Inbox: Sendable {
        let finished = Locked<[Finished]>([])
    }

    private let loop: EventLoop
    private let inbox = Inbox()
    private var signal: LoopSignal?
    private var waiting: [UInt64: (Answer) -> Void] = [:]
    private var count: UInt64 = 0

    init(loop: EventLoop) {
        self.loop = loop
        signal = loop.makeSignal { [weak self] in self?.deliver() }
    }

    /// Calls later, never before it returns.
    /// - Returns: What to give to `forget`.
    func resolve(_ name: String, _ completion: @escaping (Answer) -> Void) -> UInt64 {
        count += 1
        waiting[count] = completion
        if case .addresses(let found) = Self.lookUp(name, flags: AI_NUMERICHOST) {
            inbox.finished.withLock { $0.append(Finished(id: count, answer: .addresses(found))) }
            loop.soon { [weak self] in self?.deliver() }
        } else if let signal {
            let (id, inbox) = (count, inbox)
            Self.detach {
                let answer = Self.lookUp(name, flags: 0)
                inbox.finished.withLock { $0.append(Finished(id: id, answer: answer)) }
                signal.raise()
            }
        }
        return count
    }

    func forget(_ id: UInt64) { waiting[id] = nil }

    private func deliver() {
        let finished = inbox.finished.withLock { finished in
            defer { finished = [] }
            return finished
        }
        for item in finished { waiting.removeValue(forKey: item.id)?(item.answer) }
    }

    private static func lookUp(_ name: String, flags: Int32) -> Answer {
        var hints = addrinfo()
        hints.ai_flags = flags
        hints.ai_socktype = Int32(apus_stream_socket)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(name, nil, &hints, &list)
        guard code == 0 else { return .failed("\(name): \(String(cString: gai_strerror(code)))") }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var entry = list
        while let found = entry {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let code = getnameinfo(
                found.pointee.ai_addr, found.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            if code == 0 {
                let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
                let address = String(decoding: bytes, as: UTF8.self)
                if !addresses.contains(address) { addresses.append(address) }
            }
            entry = found.pointee.ai_next
        }
        return addresses.isEmpty ? .failed("\(name) has no address") : .addresses(addresses)
    }

    private static func detach(_ work: @escaping @Sendable () -> Void) {
        final class Box {
            let work: @Sendable () -> Void
            init(_ work: @escaping @Sendable () -> Void) { self.work = work }
        }
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(work))
        let code = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().work() }
                return nil
            }, box.toOpaque())
        if code == 0 {
            pthread_detach(thread)
        } else {
            // Without a thread it blocks for once, which beats not connecting.
            box.takeRetainedValue().work()
        }
    }
}
