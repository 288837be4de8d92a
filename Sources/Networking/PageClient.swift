// SPDX-License-Identifier: Apache-2.0

public import Trading
public import VenueInterface

/// What came of asking for a page.
public struct PageAnswer: Sendable {
    public let outcome: HTTPOutcome
    /// What to send back so that a page that has not changed is not sent again.
    public let entityTag: String?
    public let lastModified: String?
    /// Where a redirect points to.
    public let location: String?
    /// Whether an answer that was cut on its way would have been a failure.
    public let saysItsLength: Bool

    public init(
        _ outcome: HTTPOutcome, entityTag: String? = nil, lastModified: String? = nil, location: String? = nil,
        saysItsLength: Bool = true
    ) {
        self.outcome = outcome
        self.entityTag = entityTag
        self.lastModified = lastModified
        self.location = location
        self.saysItsLength = saysItsLength
    }
}

/// Reads pages of one server over HTTP, certificates verified. Redirects are answers like others: nothing that is sent
/// to one server, secrets least of all, goes to another.
public final class PageClient {
    private let http: HTTPClient
    private var count: UInt64 = 0

    /// - Parameter answerBytesMax: A longer answer is a failure.
    public init(server: ServerAddress, answerBytesMax: Int, loop: EventLoop) throws(NetworkError) {
        var endpoint = VenueEndpoint(rest: server, stream: server)
        endpoint.limits.answerBytesMax = answerBytesMax
        http = try HTTPClient(endpoint: endpoint, loop: loop)
    }

    /// Ends all requests; nobody is told.
    public func close() { http.close() }

    /// Asks for a page. The completion is called exactly once, on the loop's thread, and never before this returns.
    ///
    /// - Parameters:
    ///   - path: From the host on, with its query.
    ///   - timeout: For everything together, to the last byte of the answer.
    public func get(
        _ path: String, headers: [(name: String, value: String)] = [], timeout: TimeSpan,
        _ completion: @escaping (PageAnswer) -> Void
    ) {
        count += 1
        let request = HTTPRequest(
            id: RequestID(count), method: .get, path: path, headers: headers, body: [], timeout: timeout)
        let wanted = ["ETag", "Last-Modified", "Location", "Content-Length", "Transfer-Encoding"]
        http.perform(request, wantedHeaders: wanted) { outcome, found in
            completion(
                PageAnswer(
                    outcome, entityTag: found[0], lastModified: found[1], location: found[2],
                    saysItsLength: found[3] != nil || found[4] != nil))
        }
    }
}
