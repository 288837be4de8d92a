// SPDX-License-Identifier: Apache-2.0

public import JSON

extension FaultScope {
    /// What a request of Hyperliquid is about.
    /// - Parameter body: What is sent to `/info` or `/exchange`, or the payload of a post over the stream.
    public init(hyperliquid body: JSONValue?) {
        if let action = body?["action"] {
            switch action["type"]?.string {
            case "order": self = .place
            case "modify", "batchModify": self = .modify
            case "cancel", "cancelByCloid": self = .cancel
            default: self = .action
            }
        } else {
            self = body?["type"]?.string == "orderStatus" ? .query : .info
        }
    }
}
