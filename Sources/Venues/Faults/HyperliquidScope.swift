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

extension String {
    /// The coin that a message of Hyperliquid is about: market data of one market; `nil` for any other message.
    public init?(marketOfHyperliquidMessage message: JSONValue?) {
        let data = message?["data"]
        let coin: String? =
            switch message?["channel"]?.string {
            case "l2Book", "bbo", "activeAssetCtx", "activeSpotAssetCtx": data?["coin"]?.string
            case "candle": data?["s"]?.string
            case "trades": data?[0]?["coin"]?.string
            default: nil
            }
        guard let coin else { return nil }
        self = coin
    }
}
