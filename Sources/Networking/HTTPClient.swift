// SPDX-License-Identifier: Apache-2.0

internal import CCurl
internal import Glibc
internal import Trading
internal import VenueInterface

/// Sends HTTP/1.1 requests to one server over libcurl, on an event loop. Connections are kept and used again.
final class HTTPClient {
    let loop: EventLoop
    let endpoint: VenueEndpoint
    private let proxy: ProxyAddress?
    private let multi: OpaqueMulti
    private var transfers: [OpaqueEasy: Transfer] = [:]
    private var idle: [OpaqueEasy] = []
    private var timer: LoopTimer?
    private var watched: Set<Int32> = []
    private var isDraining = false
    private var isClosed = false

    typealias OpaqueMulti = UnsafeMutableRawPointer
    typealias OpaqueEasy = UnsafeMutableRawPointer

    init(endpoint: VenueEndpoint, loop: EventLoop) throws(NetworkError) {
        self.loop = loop
        self.endpoint = endpoint
        proxy = try endpoint.proxy.proxy(for: endpoint.rest)
        guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, let multi = curl_multi_init() else {
            throw NetworkError("libcurl could not start.")
        }
        self.multi = multi
        let this = Unmanaged.passUnretained(self).toOpaque()
        apus_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, this)
        apus_multi_set_pointer(multi, CURLMOPT_TIMERDATA, this)
        apus_multi_set_socket(multi) { _, descriptor, what, client, _ in
            if let client { Unmanaged<HTTPClient>.fromOpaque(client).takeUnretainedValue().wait(descriptor, what) }
            return 0
        }
        apus_multi_set_timer(multi) { _, milliseconds, client in
            if let client { Unmanaged<HTTPClient>.fromOpaque(client).takeUnretainedValue().setTimer(milliseconds) }
            return 0
        }
        apus_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 16)
    }

    deinit { close() }

    /// Ends everything; nobody is told.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        apus_multi_set_socket(multi, nil)
        apus_multi_set_timer(multi, nil)
        for easy in transfers.keys {
            curl_multi_remove_handle(multi, easy)
            curl_easy_cleanup(easy)
        }
        transfers = [:]
        for easy in idle { curl_easy_cleanup(easy) }
        idle = []
        for descriptor in watched { loop.unwatch(descriptor) }
        watched = []
        if let timer { loop.cancel(timer) }
        curl_multi_cleanup(multi)
    }

    /// Begins at once: where a connection is open, the request is on its way when this returns. The completion is called
    /// later, never before this returns, and exactly once.
    func perform(_ request: HTTPRequest, _ completion: @escaping (HTTPOutcome) -> Void) {
        perform(request, wantedHeaders: []) { outcome, _ in completion(outcome) }
    }

    /// The same, with headers of the answer: one for each that is wanted, `nil` where it has none.
    func perform(
        _ request: HTTPRequest, wantedHeaders: [String], _ completion: @escaping (HTTPOutcome, [String?]) -> Void
    ) {
        guard !isClosed, let easy = idle.popLast() ?? curl_easy_init() else {
            let none = [String?](repeating: nil, count: wantedHeaders.count)
            loop.soon { completion(.failure(.unreachable("no memory for another request")), none) }
            return
        }
        let transfer = Transfer(
            request: request, answerBytesMax: endpoint.limits.answerBytesMax, wantedHeaders: wantedHeaders,
            completion: completion)
        transfers[easy] = transfer
        configure(easy, transfer)
        curl_multi_add_handle(multi, easy)
        // Not through the timer that libcurl has just set for it: that costs one more turn of the loop.
        advance(CURL_SOCKET_TIMEOUT, 0)
    }

    private func configure(_ easy: OpaqueEasy, _ transfer: Transfer) {
        let request = transfer.request
        let address = endpoint.rest
        let scheme = address.isSecure ? "https" : "http"
        apus_easy_set_text(easy, CURLOPT_URL, "\(scheme)://\(address.authority)\(address.pathPrefix)\(request.path)")
        apus_easy_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        apus_easy_set_long(easy, CURLOPT_NOSIGNAL, 1)
        apus_easy_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        apus_easy_set_long(easy, CURLOPT_TCP_NODELAY, 1)
        apus_easy_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        apus_easy_set_long(easy, CURLOPT_CONNECTTIMEOUT, Int(endpoint.limits.connectSecondsMax))
        let milliseconds = max(1, request.timeout.nanoseconds / 1_000_000)
        apus_easy_set_long(easy, CURLOPT_TIMEOUT_MS, Int(clamping: min(milliseconds, Int64(Int32.max))))
        // Without text, libcurl would read the environment, which was looked at before.
        apus_easy_set_text(easy, CURLOPT_PROXY, proxy.map { "http://\($0.host):\($0.port)" } ?? "")
        apus_easy_set_long(easy, CURLOPT_HTTPPROXYTUNNEL, 1)
        if let credentials = proxy?.credentials { apus_easy_set_text(easy, CURLOPT_PROXYUSERPWD, credentials) }
        if !endpoint.verifiesCertificates {
            apus_easy_set_long(easy, CURLOPT_SSL_VERIFYPEER, 0)
            apus_easy_set_long(easy, CURLOPT_SSL_VERIFYHOST, 0)
        }
        apus_easy_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let file = endpoint.authoritiesFile {
            transfer.authorities = file.utf8CString
            transfer.authorities.withUnsafeBufferPointer { _ = apus_easy_trust(easy, $0.baseAddress) }
        }
        transfer.configure(easy)
    }

    // MARK: What libcurl wants

    private func wait(_ descriptor: Int32, _ what: Int32) {
        let readiness: Readiness =
            switch what {
            case CURL_POLL_IN: .readable
            case CURL_POLL_OUT: .writable
            case CURL_POLL_INOUT: [.readable, .writable]
            default: []
            }
        if readiness.isEmpty {
            if watched.remove(descriptor) != nil { loop.unwatch(descriptor) }
        } else if watched.contains(descriptor) {
            loop.rewatch(descriptor, for: readiness)
        } else {
            let isWatched: Void? = try? loop.watch(descriptor, for: readiness) { [weak self] ready in
                var mask: Int32 = 0
                if ready.contains(.readable) { mask |= CURL_CSELECT_IN }
                if ready.contains(.writable) { mask |= CURL_CSELECT_OUT }
                self?.advance(descriptor, mask)
            }
            // One that cannot be waited for ends by its time limit.
            if isWatched != nil { watched.insert(descriptor) }
        }
    }

    private func setTimer(_ milliseconds: Int) {
        if let timer { loop.cancel(timer) }
        timer = nil
        guard milliseconds >= 0 else { return }
        let due = EventLoop.now.monotonic + .milliseconds(Int64(min(milliseconds, Int(Int32.max))))
        timer = loop.schedule(at: due) { [weak self] in
            self?.timer = nil
            self?.advance(CURL_SOCKET_TIMEOUT, 0)
        }
    }

    private func advance(_ descriptor: Int32, _ mask: Int32) {
        guard !isClosed else { return }
        var running: Int32 = 0
        curl_multi_socket_action(multi, descriptor, mask, &running)
        guard running < transfers.count, !isDraining else { return }
        isDraining = true
        loop.soon { [weak self] in self?.drain() }
    }

    private func drain() {
        isDraining = false
        var finished: [(Transfer, HTTPOutcome, [String?])] = []
        var left: Int32 = 0
        while !isClosed, let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let transfer = transfers.removeValue(forKey: easy)
            else { continue }
            let outcome = transfer.outcome(easy, apus_message_result(message), server: endpoint.rest)
            finished.append((transfer, outcome, transfer.headers(easy)))
            curl_multi_remove_handle(multi, easy)
            curl_easy_reset(easy)
            transfer.freeHeaders()
            if idle.count < 16 { idle.append(easy) } else { curl_easy_cleanup(easy) }
        }
        for (transfer, outcome, headers) in finished { transfer.completion(outcome, headers) }
    }
}
