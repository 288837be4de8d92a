// SPDX-License-Identifier: Apache-2.0

internal import CWebSockets
internal import Glibc
public import Trading
public import VenueInterface

/// One thread's wait for everything: WebSockets, HTTP, timers, signals of other threads, plain descriptors.
///
/// libwebsockets keeps its own sockets and blocks in `poll`; everything else is in one epoll descriptor, which
/// libwebsockets waits for like for a file. So one system call sleeps for all of it, nothing is asked in vain, and
/// TLS data that is already decrypted is never left lying.
///
/// Everything runs on the thread that calls `run`, which must be the one that made it.
public final class EventLoop {
    let context: OpaquePointer
    private let poller: Poller
    private let protocols: LoopProtocols
    private let host: OpaquePointer
    private var isStopping = false
    /// Whether it asks again and again instead of sleeping: a core that slept is late, and has cold caches.
    public var isBusy = false

    /// - Parameter connectionsMax: Sockets of all transports and servers together.
    public init(connectionsMax: Int = 1024) throws(NetworkError) {
        apus_silence_websockets()
        signal(SIGPIPE, SIG_IGN)
        poller = try Poller()
        protocols = LoopProtocols()
        var info = lws_context_creation_info()
        info.port = CONTEXT_PORT_NO_LISTEN
        info.options = UInt64(LWS_SERVER_OPTION_EXPLICIT_VHOSTS) | UInt64(LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT)
        info.fd_limit_per_thread = UInt32(clamping: connectionsMax + 16)
        info.pt_serv_buf_size = 64 * 1024
        info.user = Unmanaged.passUnretained(poller).toOpaque()
        guard let context = lws_create_context(&info) else {
            throw NetworkError("libwebsockets could not start: there may be too few file descriptors (ulimit -n).")
        }
        self.context = context
        info.protocols = UnsafePointer(protocols.loop)
        // Without a client's trust, which would be read from the disk for nothing.
        info.options = UInt64(LWS_SERVER_OPTION_EXPLICIT_VHOSTS)
        // libwebsockets closes what it has adopted.
        let adopted = fcntl(poller.descriptor, F_DUPFD_CLOEXEC, 0)
        guard adopted >= 0, let host = lws_create_vhost(context, &info),
            apus_adopt_file(host, adopted, LoopProtocols.loopName.cString) != nil
        else {
            lws_context_destroy(context)
            throw NetworkError("the event loop could not be set up: there may be too few file descriptors (ulimit -n).")
        }
        self.host = host
    }

    deinit {
        poller.close()
        lws_context_destroy(context)
    }

    // MARK: Running

    /// Serves everything until `stop`.
    public func run() {
        isStopping = false
        while !isStopping { runOnce() }
    }

    /// Waits for the next thing to happen and serves it, with everything that is due then.
    public func runOnce() {
        lws_service(context, poller.hasWork || isStopping || isBusy ? -1 : 0)
        poller.runSoon()
    }

    /// Lets `run` return after what is being served. Call it on the loop's thread; from others, by a signal.
    public func stop() { isStopping = true }

    public var isStopped: Bool { isStopping }

    /// What both clocks say.
    public static var now: Moment { Poller.now }

    // MARK: Work

    /// Does something after what is being served now, and before anything else.
    public func soon(_ work: @escaping () -> Void) { poller.soon(work) }

    /// Calls at a time of the monotonic clock, or right after it; once.
    @discardableResult
    public func schedule(at time: TimeSpan, _ work: @escaping () -> Void) -> LoopTimer {
        poller.schedule(at: time, work)
    }

    /// Takes a timer back. One that was already served, or taken back, is no mistake.
    public func cancel(_ timer: LoopTimer) { poller.cancel(timer) }

    /// Calls whenever a descriptor can be read or written, until `unwatch`. The descriptor stays the caller's.
    public func watch(
        _ descriptor: Int32, for readiness: Readiness, _ handler: @escaping (Readiness) -> Void
    ) throws(NetworkError) {
        try poller.watch(descriptor, for: readiness, handler)
    }

    /// Waits for other readiness of a descriptor that is watched.
    public func rewatch(_ descriptor: Int32, for readiness: Readiness) { poller.rewatch(descriptor, for: readiness) }

    public func unwatch(_ descriptor: Int32) { poller.unwatch(descriptor) }

    /// A way for other threads to have something done on this one. Signals that come together are served once.
    public func makeSignal(_ handler: @escaping () -> Void) -> LoopSignal { poller.makeSignal(handler) }

    func protocolTable(_ kind: LoopProtocols.Kind) -> UnsafePointer<lws_protocols> { protocols.table(kind) }
}

/// What a descriptor is ready for, or is waited for. An error or a hang-up counts as readable.
public struct Readiness: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let readable = Readiness(rawValue: 1)
    public static let writable = Readiness(rawValue: 2)
}

public struct LoopTimer: Hashable, Sendable {
    let id: UInt64
}

/// Why the network could not be set up.
public struct NetworkError: Error, Equatable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
