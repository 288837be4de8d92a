// SPDX-License-Identifier: Apache-2.0

extension HyperliquidSimulator {
    mutating func updateLeverage(_ asset: Int64, isCross: Bool, _ leverage: Int64, account: Int) -> [UInt8] {
        guard let market = marketOfAsset[asset], !markets[market].isSpot else {
            return failure("Invalid asset for leverage. asset=\(asset)")
        }
        let rules = markets[market].configuration
        guard (1...rules.maxLeverage).contains(leverage) else { return failure("Invalid leverage value") }
        guard !isCross || !rules.onlyIsolated else {
            return failure("Cross margin is not allowed for this asset. asset=\(asset)")
        }
        var position = accounts[account].positions[market]
        if position.size != 0 {
            guard position.isCross == isCross else {
                return failure("Cannot switch leverage type with open position.")
            }
            let value = position.value(at: markets[market].mark)
            if isCross {
                let state = margin(account)
                let more = value / Int128(leverage) - value / Int128(position.leverage)
                guard more <= state.available else { return failure("Insufficient margin to decrease leverage.") }
            } else {
                let needed = position.cost / Int128(leverage)
                if needed > position.margin {
                    guard needed - position.margin <= withdrawable(account) else {
                        return failure("Insufficient margin to decrease leverage.")
                    }
                    accounts[account].cash -= needed - position.margin
                    position.margin = needed
                }
            }
        }
        position.leverage = leverage
        position.isCross = isCross
        accounts[account].positions[market] = position
        return success("default")
    }

    mutating func updateIsolatedMargin(_ asset: Int64, _ micros: Int64, account: Int) -> [UInt8] {
        changeIsolatedMargin(asset, account: account) { position, market throws(MarginRefusal) in
            let amount = Money(micros) * 100
            guard amount <= 0 else { return amount }
            let left = position.margin + amount + min(0, position.profit(at: market.mark))
            guard left >= position.value(at: market.mark) / Int128(position.leverage) else {
                throw MarginRefusal(text: "Cannot remove that much margin.")
            }
            return amount
        }
    }

    /// Adds what brings an isolated position to a leverage.
    mutating func topUpIsolatedMargin(_ asset: Int64, _ leverage: Units, account: Int) -> [UInt8] {
        changeIsolatedMargin(asset, account: account) { position, market throws(MarginRefusal) in
            let most = Money(market.configuration.maxLeverage) * Money(Decimals.one)
            guard leverage >= Decimals.one, Money(leverage) <= most else {
                throw MarginRefusal(text: "Invalid leverage value")
            }
            let target = position.value(at: market.mark) * Money(Decimals.one) / Money(leverage)
            let more = target - position.margin - position.profit(at: market.mark)
            guard more > 0 else {
                throw MarginRefusal(text: "Position is already at or below that leverage. asset=\(asset)")
            }
            return more
        }
    }

    private struct MarginRefusal: Error { let text: String }

    /// - Parameter change: What is added to the margin of the account's position there; taken from it where negative.
    private mutating func changeIsolatedMargin(
        _ asset: Int64, account: Int,
        by change: (SimulatedPosition, SimulatedMarket) throws(MarginRefusal) -> Money
    ) -> [UInt8] {
        guard let market = marketOfAsset[asset], !markets[market].isSpot else {
            return failure("Invalid asset for margin. asset=\(asset)")
        }
        var position = accounts[account].positions[market]
        guard position.size != 0, !position.isCross else {
            return failure("No isolated position to change the margin of. asset=\(asset)")
        }
        let amount: Money
        do throws(MarginRefusal) { amount = try change(position, markets[market]) } catch { return failure(error.text) }
        guard amount <= 0 || amount <= withdrawable(account) else { return failure("Insufficient margin to add.") }
        position.margin += amount
        accounts[account].cash -= amount
        accounts[account].positions[market] = position
        return success("default")
    }
}
