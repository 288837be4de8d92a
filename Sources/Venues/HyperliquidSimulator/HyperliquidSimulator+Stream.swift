// SPDX-License-Identifier: Apache-2.0

import JSON
public import Trading

extension HyperliquidSimulator {
    // MARK: Connections

    /// A client connected its WebSocket.
    ///
    /// - Parameter sender: Stands for the network address that limits count by.
    public mutating func open(connection: UInt32, wall: Timestamp, sender: UInt32 = 0) {
        begin(wall)
        precondition(connections[connection] == nil, "connection \(connection) is open already")
        statistics.connections += 1
        newConnections.removeAll { self.wall - $0 >= .minutes(1) }
        let limits = configuration.limits
        if limits.areEnforced,
            connections.values.count(where: { $0.sender == sender }) >= limits.connections
                || newConnections.count >= limits.newConnectionsPerMinute
        {
            outputs.append(.close(connection, reason: "too many connections"))
            return
        }
        newConnections.append(self.wall)
        connections[connection] = SimulatedConnection(sender: sender, lastSent: self.wall)
        if configuration.greets { send(connection, Array("Websocket connection established.".utf8)) }
        flush()
    }

    /// A client's connection ended, from whichever side.
    public mutating func close(connection: UInt32, wall: Timestamp) {
        begin(wall)
        forget(connection)
        flush()
    }

    private mutating func forget(_ connection: UInt32) {
        connections[connection] = nil
        subscriptions.removeAll { $0.connection == connection }
    }

    /// When `wake` has something to do; `nil`: not before another call.
    public var nextWake: Timestamp? {
        var next = nextScheduledCancel
        guard configuration.limits.areEnforced else { return next }
        for connection in connections.values {
            let end = connection.lastSent + configuration.limits.silence
            next = min(next ?? end, end)
        }
        return next
    }

    /// Lets wall time pass: silent connections are closed, dead-man switches fire.
    public mutating func wake(wall: Timestamp) {
        begin(wall)
        if configuration.limits.areEnforced {
            let silent = connections.filter { self.wall - $0.value.lastSent >= configuration.limits.silence }
            for connection in silent.keys.sorted() {
                statistics.closedForSilence += 1
                forget(connection)
                outputs.append(.close(connection, reason: "nothing was sent for too long"))
            }
        }
        flush()
    }

    /// Closes every connection, as for maintenance or after a crash; accounts and orders stay.
    public mutating func closeAll(wall: Timestamp, reason: String) {
        begin(wall)
        for connection in connections.keys.sorted() {
            forget(connection)
            outputs.append(.close(connection, reason: reason))
        }
        flush()
    }

    /// Hands over what is to be sent and closed.
    public mutating func takeOutputs() -> [SimulatorOutput] {
        defer { outputs.removeAll(keepingCapacity: true) }
        return outputs
    }

    mutating func send(_ connection: UInt32, _ bytes: [UInt8]) {
        guard connections[connection] != nil else { return }
        connections[connection]?.lastSent = wall
        statistics.messagesSent += 1
        outputs.append(.send(connection, bytes))
    }

    /// A message of a channel.
    func channel(_ name: String, _ data: (inout JSONWriter) -> Void) -> [UInt8] {
        JSONWriter.write {
            $0.object {
                $0.string("channel", name)
                $0.key("data")
                data(&$0)
            }
        }
    }

    private mutating func sendError(_ connection: UInt32, _ text: String) {
        send(connection, channel("error") { $0.string(text) })
    }

    // MARK: Messages

    /// A client sent one whole text message.
    public mutating func message(connection: UInt32, text: [UInt8], wall: Timestamp) {
        begin(wall)
        defer { flush() }
        statistics.messagesReceived += 1
        guard let sender = connections[connection]?.sender else { return }
        if configuration.limits.areEnforced {
            var window = messageWindows[sender] ?? WeightWindow()
            window.advance(to: self.wall)
            window.add(1)
            messageWindows[sender] = window
            guard window.sum <= configuration.limits.messagesPerMinute else {
                sendError(connection, "Too many websocket messages")
                return
            }
        }
        guard let value = try? JSON.parse(text) else {
            sendError(connection, "Error parsing JSON into valid websocket request: \(readable(text))")
            return
        }
        switch value["method"]?.string {
        case "ping": send(connection, Array(#"{"channel":"pong"}"#.utf8))
        case "subscribe": subscribe(value["subscription"], connection)
        case "unsubscribe": unsubscribe(value["subscription"], connection)
        case "post": post(value, connection)
        default: sendError(connection, "Error parsing JSON into valid websocket request: \(readable(text))")
        }
    }

    private func readable(_ text: [UInt8]) -> String { String(decoding: text.prefix(200), as: UTF8.self) }

    private mutating func subscribe(_ value: JSONValue?, _ connection: UInt32) {
        guard let value, let new = subscription(value, connection: connection) else {
            sendError(connection, "Invalid subscription \(value.map { readable(Array($0.text.utf8)) } ?? "")")
            return
        }
        let text = String(decoding: JSONWriter.write { write(new, to: &$0) }, as: UTF8.self)
        if subscriptions.contains(where: { $0.isSame(as: new) }) {
            sendError(connection, "Already subscribed: \(text)")
            return
        }
        if configuration.limits.areEnforced {
            let sender = connections[connection]?.sender
            let own = subscriptions.filter { connections[$0.connection]?.sender == sender }
            if own.count >= configuration.limits.subscriptions {
                sendError(connection, "Cannot subscribe to more than \(configuration.limits.subscriptions) channels.")
                return
            }
            let users = Set(own.compactMap(\.user))
            if let user = new.user, !users.contains(user), users.count >= configuration.limits.users {
                sendError(connection, "Cannot track more than \(configuration.limits.users) total users.")
                return
            }
        }
        answer("subscribe", new, connection)
        subscriptions.append(new)
        sendSnapshot(subscriptions.count - 1)
    }

    private mutating func unsubscribe(_ value: JSONValue?, _ connection: UInt32) {
        guard let value, let old = subscription(value, connection: connection) else {
            sendError(connection, "Invalid subscription \(value.map { readable(Array($0.text.utf8)) } ?? "")")
            return
        }
        guard let place = subscriptions.firstIndex(where: { $0.isSame(as: old) }) else {
            let text = String(decoding: JSONWriter.write { write(old, to: &$0) }, as: UTF8.self)
            sendError(connection, "Already unsubscribed: \(text)")
            return
        }
        subscriptions.remove(at: place)
        answer("unsubscribe", old, connection)
    }

    private mutating func answer(_ method: String, _ subscription: Subscription, _ connection: UInt32) {
        send(
            connection,
            channel("subscriptionResponse") {
                $0.object {
                    $0.string("method", method)
                    $0.key("subscription")
                    write(subscription, to: &$0)
                }
            })
    }

    // MARK: Requests over the connection

    private mutating func post(_ value: JSONValue, _ connection: UInt32) {
        guard let id = value["id"]?.unsigned, let request = value["request"], let payload = request["payload"] else {
            sendError(
                connection, "Error parsing JSON into valid websocket request: \(readable(Array(value.text.utf8)))")
            return
        }
        statistics.posts += 1
        let type: String
        let body: [UInt8]
        switch request["type"]?.string {
        case "action":
            if let request = try? ExchangeRequest(payload) {
                (type, body) = ("action", exchange(request))
            } else {
                statistics.unreadable += 1
                (type, body) = ("error", quoted(Self.unreadableText))
            }
        case "info":
            let answer = info(payload)
            if answer.status == 200 {
                type = "info"
                body = JSONWriter.write {
                    $0.object {
                        $0.string("type", payload["type"]?.string ?? "")
                        $0.key("data")
                        $0.raw(answer.body)
                    }
                }
            } else {
                (type, body) = ("error", quoted(answer.body))
            }
        default: (type, body) = ("error", quoted(Self.unreadableText))
        }
        send(
            connection,
            channel("post") {
                $0.object {
                    $0.integer("id", id)
                    $0.object("response") {
                        $0.string("type", type)
                        $0.key("payload")
                        $0.raw(body)
                    }
                }
            })
    }

    private func quoted(_ text: [UInt8]) -> [UInt8] {
        JSONWriter.write { $0.string(String(decoding: text, as: UTF8.self)) }
    }
}
