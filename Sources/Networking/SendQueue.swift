// SPDX-License-Identifier: Apache-2.0

internal import CWebSockets

/// Text messages that wait for a WebSocket to take them.
struct SendQueue {
    private var messages: [[UInt8]] = []
    private var next = 0
    private(set) var byteCount = 0
    /// libwebsockets writes the frame's header into the bytes before the payload, and masks the payload in place.
    private var frame: [UInt8] = []

    private static let room = Int(apus_room_before_payload)

    var isEmpty: Bool { next == messages.count }

    mutating func append(_ message: [UInt8]) {
        messages.append(message)
        byteCount += message.count
    }

    /// Writes what the socket takes; for the rest it asks to be told when it can go on.
    /// - Returns: Whether the connection is still good.
    mutating func flush(to socket: OpaquePointer) -> Bool {
        while next < messages.count {
            guard lws_send_pipe_choked(socket) == 0 else {
                lws_callback_on_writable(socket)
                return true
            }
            let message = messages[next]
            frame.removeAll(keepingCapacity: true)
            frame.append(contentsOf: repeatElement(0, count: Self.room))
            frame.append(contentsOf: message)
            let written = frame.withUnsafeMutableBufferPointer { bytes -> Int32 in
                guard let start = bytes.baseAddress else { return -1 }
                return lws_write(socket, start + Self.room, message.count, LWS_WRITE_TEXT)
            }
            guard written >= 0 else { return false }
            byteCount -= message.count
            next += 1
        }
        messages.removeAll(keepingCapacity: true)
        next = 0
        return true
    }
}
