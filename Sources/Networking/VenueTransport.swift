// SPDX-License-Identifier: Apache-2.0

public import VenueInterface

/// The network side of one venue connector: does what it asks for and tells it what came of that.
///
/// Inputs are delivered on the loop's thread and never from inside `perform`, in the order in which they happened. A
/// stream that the connector closes itself says nothing more.
public final class VenueTransport {
    public typealias Handler = (ConnectorInput, Moment) -> Void

    private let webSockets: WebSocketClient
    private let http: HTTPClient
    private let loop: EventLoop
    private let recorder: TrafficRecorder?
    private var streams: [StreamID: WebSocketConnection] = [:]
    private var isClosed = false

    /// Where inputs go. Set it before the first `perform`.
    public var handler: Handler = { _, _ in }

    public init(endpoint: VenueEndpoint, loop: EventLoop, recorder: TrafficRecorder? = nil) throws(NetworkError) {
        self.loop = loop
        self.recorder = recorder
        webSockets = try WebSocketClient(endpoint: endpoint, loop: loop)
        http = try HTTPClient(endpoint: endpoint, loop: loop)
    }

    deinit { close() }

    /// Ends all connections at once, and says nothing more.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        for connection in streams.values { connection.abandon() }
        streams = [:]
        webSockets.close()
        http.close()
    }

    /// Does what the connector wants of the network. Events are not for it.
    public func perform(_ output: ConnectorOutput) {
        guard !isClosed else { return }
        switch output {
        case .event: return
        case .openStream(let id, let path):
            precondition(streams[id] == nil, "stream \(id.rawValue) is open already")
            streams[id] = webSockets.open(path: path) { [weak self] connection, event in
                self?.streamSaid(event, id, connection)
            }
        case .closeStream(let id): streams.removeValue(forKey: id)?.close()
        case .send(let id, let bytes): streams[id]?.send(bytes)
        case .request(let request):
            http.perform(request) { [weak self] outcome in self?.deliver(.answer(request.id, outcome)) }
        }
        // After it is on its way: nothing waits for the recording.
        recorder?.record(output, at: EventLoop.now)
    }

    private func streamSaid(_ event: WebSocketEvent, _ id: StreamID, _ connection: WebSocketConnection) {
        // One that was closed by the connector has nothing to say, even where its number is in use again.
        guard streams[id] === connection else { return }
        switch event {
        case .opened: deliver(.streamOpened(id))
        case .message(let bytes): deliver(.message(id, bytes))
        case .ended(let failure):
            streams[id] = nil
            deliver(.streamClosed(id, failure))
        }
    }

    private func deliver(_ input: ConnectorInput) {
        guard !isClosed else { return }
        let now = EventLoop.now
        recorder?.record(input, at: now)
        handler(input, now)
    }
}
