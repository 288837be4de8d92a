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
        guard let market = marketOfAsset[asset], !markets[market].isSpot else {
            return failure("Invalid asset for margin. asset=\(asset)")
        }
        var position = accounts[account].positions[market]
        guard position.size != 0, !position.isCross else {
            return failure("No isolated position to change the margin of. asset=\(asset)")
        }
        let amount = Money(micros) * 100
        let mark = markets[market].mark
        if amount > 0 {
            guard amount <= withdrawable(account) else { return failure("Insufficient margin to add.") }
        } else {
            let left = position.margin + amount + min(0, position.profit(at: mark))
            guard left >= position.value(at: mark) / Int128(position.leverage) else {
                return failure("Cannot remove that much margin.")
            }
        }
        position.margin += amount
        accounts[account].cash -= amount
        accounts[account].positions[market] = position
        return success("default")
    }

    /// Adds what brings an isolated position to a leverage.
    mutating func topUpIsolatedMargin(_ asset: Int64, _ leverage: Units, account: Int) -> [UInt8] {
        guard let market = marketOfAsset[asset], !markets[market].isSpot else {
            return failure("Invalid asset for margin. asset=\(asset)")
        }
        var position = accounts[account].positions[market]
        guard position.size != 0, !position.isCross else {
            return failure("No isolated position to change the margin of. asset=\(asset)")
        }
        let most = Money(markets[market].configuration.maxLeverage) * Money(Decimals.one)
        guard leverage >= Decimals.one, Money(leverage) <= most else {
            return failure("Invalid leverage value")
        }
        let mark = markets[market].mark
        let target = position.value(at: mark) * Money(Decimals.one) / Money(leverage)
        let more = target - position.margin - position.profit(at: mark)
        guard more > 0 else { return failure("Position is already at or below that leverage. asset=\(asset)") }
        guard more <= withdrawable(account) else { return failure("Insufficient margin to add.") }
        position.margin += more
        accounts[account].cash -= more
        accounts[account].positions[market] = position
        return success("default")
    }
}
