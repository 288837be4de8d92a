// SPDX-License-Identifier: Apache-2.0

internal import CCurl
internal import Glibc
internal import Trading
internal import VenueInterface

/// One request on its way, with what has come back so far.
final class Transfer {
    let request: HTTPRequest
    let completion: (HTTPOutcome, [String?]) -> Void
    var authorities: ContiguousArray<CChar> = []
    private let answerBytesMax: Int
    /// Headers of the answer that are wanted.
    private let wantedHeaders: [String]
    private var answer: [UInt8] = []
    private var isTooLarge = false
    private var sent = 0
    private var wasSentOnce = false
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var errorText = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))

    init(
        request: HTTPRequest, answerBytesMax: Int, wantedHeaders: [String],
        completion: @escaping (HTTPOutcome, [String?]) -> Void
    ) {
        self.request = request
        self.answerBytesMax = answerBytesMax
        self.wantedHeaders = wantedHeaders
        self.completion = completion
    }

    deinit { freeHeaders() }

    func freeHeaders() {
        curl_slist_free_all(headers)
        headers = nil
    }

    /// The transfer must outlive the handle's use of it.
    func configure(_ easy: UnsafeMutableRawPointer) {
        let this = Unmanaged.passUnretained(self).toOpaque()
        apus_easy_set_pointer(easy, CURLOPT_WRITEDATA, this)
        apus_easy_set_data(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, transfer in
            guard let bytes, let transfer else { return 0 }
            let part = UnsafeRawBufferPointer(start: bytes, count: size * count)
            return Unmanaged<Transfer>.fromOpaque(transfer).takeUnretainedValue().receive(part)
        }
        headers = curl_slist_append(headers, "Expect:")
        var names: Set<String> = []
        for (name, value) in request.headers {
            names.insert(name.lowercased())
            headers = curl_slist_append(headers, "\(name): \(value)")
        }
        switch request.method {
        case .get: apus_easy_set_long(easy, CURLOPT_HTTPGET, 1)
        case .delete where request.body.isEmpty: apus_easy_set_text(easy, CURLOPT_CUSTOMREQUEST, "DELETE")
        case .post, .put, .delete:
            apus_easy_set_long(easy, CURLOPT_POST, 1)
            apus_easy_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
            apus_easy_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
            apus_easy_set_pointer(easy, CURLOPT_READDATA, this)
            apus_easy_set_data(easy, CURLOPT_READFUNCTION) { buffer, size, count, transfer in
                guard let buffer, let transfer else { return Int(CURL_READFUNC_ABORT) }
                let room = UnsafeMutableRawBufferPointer(start: buffer, count: size * count)
                return Unmanaged<Transfer>.fromOpaque(transfer).takeUnretainedValue().provide(room)
            }
            if !names.contains("content-type") {
                headers = curl_slist_append(headers, "Content-Type: application/json")
            }
        }
        apus_easy_set_pointer(easy, CURLOPT_HTTPHEADER, headers)
        errorText.withUnsafeMutableBufferPointer { text in
            _ = apus_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, text.baseAddress)
        }
    }

    private func receive(_ part: UnsafeRawBufferPointer) -> Int {
        guard answer.count + part.count <= answerBytesMax else {
            isTooLarge = true
            return 0
        }
        answer.append(contentsOf: part)
        return part.count
    }

    /// Gives the body once. Where a kept connection ends without an answer, libcurl would send a request again by
    /// itself, but nobody knows whether the other side has acted on it: an order must never be sent twice.
    private func provide(_ room: UnsafeMutableRawBufferPointer) -> Int {
        guard !wasSentOnce else { return Int(CURL_READFUNC_ABORT) }
        let count = min(room.count, request.body.count - sent)
        request.body.withUnsafeBytes { body in
            room.copyMemory(from: UnsafeRawBufferPointer(rebasing: body[sent..<sent + count]))
        }
        sent += count
        wasSentOnce = sent == request.body.count
        return count
    }

    /// The wanted headers of a finished transfer, in the order in which they were named; `nil` where the answer has none.
    func headers(_ easy: UnsafeMutableRawPointer) -> [String?] {
        wantedHeaders.map { name in
            var header: UnsafeMutablePointer<curl_header>?
            guard curl_easy_header(easy, name, 0, UInt32(CURLH_HEADER), -1, &header) == CURLHE_OK else { return nil }
            return header.flatMap { $0.pointee.value }.map { String(cString: $0) }
        }
    }

    func outcome(_ easy: UnsafeMutableRawPointer, _ code: CURLcode, server: ServerAddress) -> HTTPOutcome {
        if code == CURLE_OK {
            var status = 0
            apus_easy_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
            var wait: curl_off_t = 0
            apus_easy_get_size(easy, CURLINFO_RETRY_AFTER, &wait)
            let retryAfter = wait > 0 ? TimeSpan.seconds(min(Int64(wait), 86_400)) : nil
            return .response(status: status, body: answer, retryAfter: retryAfter)
        }
        return .failure(failure(easy, code, server: server))
    }

    private func failure(_ easy: UnsafeMutableRawPointer, _ code: CURLcode, server: ServerAddress) -> TransportFailure {
        if isTooLarge { return .closed("its answer has more than \(answerBytesMax) bytes") }
        if wasSentOnce && (code == CURLE_ABORTED_BY_CALLBACK || code == CURLE_SEND_FAIL_REWIND) {
            return .closed("it ended a kept connection without an answer")
        }
        let bytes = errorText.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let reason = bytes.isEmpty ? String(cString: curl_easy_strerror(code)) : String(decoding: bytes, as: UTF8.self)
        let text = "\(server): \(reason)"
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_PROXY,
            CURLE_URL_MALFORMAT, CURLE_INTERFACE_FAILED:
            return .unreachable(text)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS,
            CURLE_SSL_ENGINE_INITFAILED:
            return .untrusted(text)
        default:
            // Before the request itself begins, nothing of it can have arrived.
            var beforeTransfer: curl_off_t = 0
            apus_easy_get_size(easy, CURLINFO_PRETRANSFER_TIME_T, &beforeTransfer)
            if beforeTransfer == 0, sent == 0 { return .unreachable(text) }
            return code == CURLE_OPERATION_TIMEDOUT ? .timedOut : .closed(reason)
        }
    }
}
