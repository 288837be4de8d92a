// SPDX-License-Identifier: Apache-2.0

import Cryptography
import JSON
import Trading

extension HyperliquidSimulator {
    func writeState(_ account: Int?, to writer: inout JSONWriter) {
        let state = account.map { margin($0) } ?? MarginState(crossValue: 0, value: 0)
        writer.object {
            $0.object("marginSummary") {
                $0.decimal("accountValue", state.value)
                $0.decimal("totalNtlPos", state.notional)
                $0.decimal("totalRawUsd", state.value - state.signed)
                $0.decimal("totalMarginUsed", state.used)
            }
            $0.object("crossMarginSummary") {
                $0.decimal("accountValue", state.crossValue)
                $0.decimal("totalNtlPos", state.crossNotional)
                $0.decimal("totalRawUsd", state.crossValue - state.crossSigned)
                $0.decimal("totalMarginUsed", state.crossUsed)
            }
            $0.decimal("crossMaintenanceMarginUsed", state.crossMaintenance)
            $0.decimal("withdrawable", state.available)
            $0.array("assetPositions") {
                guard let account else { return }
                for market in markets.indices where accounts[account].positions[market].size != 0 {
                    writePosition(account, market, state, to: &$0)
                }
            }
            $0.integer("time", milliseconds(time))
        }
    }

    private func writePosition(_ account: Int, _ market: Int, _ state: MarginState, to writer: inout JSONWriter) {
        let position = accounts[account].positions[market]
        let mark = markets[market].mark
        let value = position.value(at: mark)
        let profit = position.profit(at: mark)
        let used = position.isCross ? value / Int128(position.leverage) : max(0, position.margin + profit)
        let entryMargin = max(1, position.cost / Int128(position.leverage))
        writer.object {
            $0.string("type", "oneWay")
            $0.object("position") {
                $0.string("coin", markets[market].coin)
                $0.decimal("szi", position.size)
                $0.object("leverage") {
                    $0.string("type", position.isCross ? "cross" : "isolated")
                    $0.integer("value", position.leverage)
                    if !position.isCross {
                        $0.decimal("rawUsd", position.margin - (position.size > 0 ? position.cost : -position.cost))
                    }
                }
                $0.decimal("entryPx", position.cost * Int128(Decimals.one) / Int128(position.size.magnitude))
                $0.decimal("positionValue", value)
                $0.decimal("unrealizedPnl", profit)
                $0.decimal("returnOnEquity", profit * Int128(Decimals.one) / entryMargin)
                $0.key("liquidationPx")
                if let price = liquidationPrice(position, market, state) { $0.decimal(price) } else { $0.null() }
                $0.decimal("marginUsed", used)
                $0.integer("maxLeverage", markets[market].configuration.maxLeverage)
                $0.object("cumFunding") {
                    $0.decimal("allTime", position.fundingEver)
                    $0.decimal("sinceOpen", position.fundingSinceOpen)
                    $0.decimal("sinceChange", position.fundingSinceChange)
                }
            }
        }
    }

    /// Where the margin left reaches the maintenance margin: `price − side × left ÷ size ÷ (1 − side ÷ (2 × max
    /// leverage))`; `nil` where no price does.
    private func liquidationPrice(_ position: SimulatedPosition, _ market: Int, _ state: MarginState) -> Money? {
        let mark = markets[market].mark
        let needed = maintenance(market, position.value(at: mark))
        let left =
            position.isCross
            ? state.crossValue - state.crossMaintenance : position.margin + position.profit(at: mark) - needed
        let side: Int128 = position.size > 0 ? 1 : -1
        let twice = Int128(2 * markets[market].configuration.maxLeverage)
        let perUnit = left * Int128(Decimals.one) / Int128(position.size.magnitude)
        let price = Int128(mark) - side * perUnit * twice / (twice - side)
        return price > 0 ? price : nil
    }

    func writeSpotState(_ account: Int?, to writer: inout JSONWriter) {
        writer.object {
            $0.array("balances") { writer in
                guard let account else { return }
                for (token, balance) in accounts[account].balances.enumerated()
                where token == 0 || balance.total != 0 || balance.hold != 0 {
                    writer.object {
                        $0.string("coin", tokens[token])
                        $0.integer("token", token)
                        $0.decimal("hold", balance.hold)
                        $0.decimal("total", balance.total)
                        $0.decimal("entryNtl", balance.cost)
                    }
                }
            }
        }
    }

    func writeFees(to writer: inout JSONWriter) {
        let fees = configuration.fees
        writer.object {
            $0.array("dailyUserVlm") { _ in }
            $0.object("feeSchedule") {
                $0.decimal("cross", Int128(fees.perpTaker.units) / 10)
                $0.decimal("add", Int128(fees.perpMaker.units) / 10)
                $0.decimal("spotCross", Int128(fees.spotTaker.units) / 10)
                $0.decimal("spotAdd", Int128(fees.spotMaker.units) / 10)
                $0.object("tiers") {
                    $0.array("vip") { _ in }
                    $0.array("mm") { _ in }
                }
                $0.string("referralDiscount", "0.04")
                $0.array("stakingDiscountTiers") { _ in }
            }
            $0.decimal("userCrossRate", Int128(fees.perpTaker.units) / 10)
            $0.decimal("userAddRate", Int128(fees.perpMaker.units) / 10)
            $0.decimal("userSpotCrossRate", Int128(fees.spotTaker.units) / 10)
            $0.decimal("userSpotAddRate", Int128(fees.spotMaker.units) / 10)
            $0.string("activeReferralDiscount", "0.0")
            $0.null("trial")
            $0.string("feeTrialEscrow", "0.0")
            $0.null("nextTrialAvailableTimestamp")
            $0.null("stakingLink")
            $0.object("activeStakingDiscount") {
                $0.string("bpsOfMaxSupply", "0.0")
                $0.string("discount", "0.0")
            }
        }
    }

    func writeReferral(_ account: Int?, to writer: inout JSONWriter) {
        writer.object {
            $0.null("referredBy")
            $0.decimal("cumVlm", account.map { accounts[$0].volume } ?? 0)
            $0.string("unclaimedRewards", "0.0")
            $0.string("claimedRewards", "0.0")
            $0.string("builderRewards", "0.0")
            $0.object("referrerState") { $0.string("stage", "needToTrade") }
            $0.array("rewardHistory") { _ in }
        }
    }

    func writeRateLimit(_ account: Int?, to writer: inout JSONWriter) {
        writer.object {
            $0.decimal("cumVlm", account.map { accounts[$0].volume } ?? 0)
            $0.integer("nRequestsUsed", account.map { accounts[$0].requestsUsed } ?? 0)
            $0.integer("nRequestsCap", account.map { requestCap($0) } ?? configuration.limits.requestsToStart)
        }
    }

    func writeActiveAsset(_ user: Address, _ account: Int?, _ market: Int, to writer: inout JSONWriter) {
        let mark = markets[market].mark
        if markets[market].isSpot { return writeActivePair(user, account, market, to: &writer) }
        let position = account.map { accounts[$0].positions[market] }
        let leverage = position?.leverage ?? min(20, markets[market].configuration.maxLeverage)
        let available = account.map { margin($0).available } ?? 0
        let size =
            available * Int128(leverage) * Int128(Decimals.one) / Int128(mark) / Int128(markets[market].lot)
            * Int128(markets[market].lot)
        writer.object {
            $0.string("user", user.description)
            $0.string("coin", markets[market].coin)
            $0.object("leverage") {
                $0.string("type", position?.isCross ?? true ? "cross" : "isolated")
                $0.integer("value", leverage)
                if let position, !position.isCross { $0.decimal("rawUsd", position.margin) }
            }
            $0.array("maxTradeSzs") {
                $0.decimal(size)
                $0.decimal(size)
            }
            $0.array("availableToTrade") {
                $0.decimal(available)
                $0.decimal(available)
            }
            $0.decimal("markPx", mark)
        }
    }

    /// Of a spot pair: what the account can buy, and what it can sell.
    private func writeActivePair(_ user: Address, _ account: Int?, _ market: Int, to writer: inout JSONWriter) {
        let mark = markets[market].mark
        func free(_ token: Int) -> Money {
            account.map { accounts[$0].balances[token].total - accounts[$0].balances[token].hold } ?? 0
        }
        let (dollars, tokens) = (free(0), free(markets[market].token))
        let lot = Money(markets[market].lot)
        writer.object {
            $0.string("user", user.description)
            $0.string("coin", markets[market].coin)
            $0.object("leverage") {
                $0.string("type", "cross")
                $0.integer("value", 1)
            }
            $0.array("maxTradeSzs") {
                $0.decimal(dollars * Money(Decimals.one) / Money(mark) / lot * lot)
                $0.decimal(tokens / lot * lot)
            }
            $0.array("availableToTrade") {
                $0.decimal(dollars)
                $0.decimal(tokens)
            }
            $0.decimal("markPx", mark)
        }
    }

    func writePortfolio(_ account: Int?, to writer: inout JSONWriter) {
        let value = account.map { margin($0).value } ?? 0
        let volume = account.map { accounts[$0].volume } ?? 0
        let now = milliseconds(time)
        writer.array {
            for period in ["day", "week", "month", "allTime", "perpDay", "perpWeek", "perpMonth", "perpAllTime"] {
                $0.array {
                    $0.string(period)
                    $0.object {
                        $0.array("accountValueHistory") {
                            $0.array {
                                $0.integer(now)
                                $0.decimal(value)
                            }
                        }
                        $0.array("pnlHistory") {
                            $0.array {
                                $0.integer(now)
                                $0.string("0.0")
                            }
                        }
                        $0.decimal("vlm", volume)
                    }
                }
            }
        }
    }

    func writeSubAccounts(_ user: Address, to writer: inout JSONWriter) {
        let owned = accounts.indices.filter { accounts[$0].master == user && !accounts[$0].isVault }
        guard !owned.isEmpty else { return writer.null() }
        writer.array { writer in
            for account in owned {
                writer.object {
                    $0.string("name", accounts[account].name)
                    $0.string("subAccountUser", accounts[account].address.description)
                    $0.string("master", user.description)
                    $0.key("clearinghouseState")
                    writeState(account, to: &$0)
                    $0.key("spotState")
                    writeSpotState(account, to: &$0)
                }
            }
        }
    }

    func writeRole(_ user: Address, _ account: Int?, to writer: inout JSONWriter) {
        writer.object {
            if let account {
                if accounts[account].isVault {
                    $0.string("role", "vault")
                } else if let master = accounts[account].master {
                    $0.string("role", "subAccount")
                    $0.object("data") { $0.string("master", master.description) }
                } else {
                    $0.string("role", "user")
                }
            } else if let agent = agentOfAddress[user], agents[agent].until.map({ $0 > wall }) ?? true {
                $0.string("role", "agent")
                $0.object("data") { $0.string("user", accounts[agents[agent].account].address.description) }
            } else {
                $0.string("role", "missing")
            }
        }
    }

    func writeWebData(_ account: Int?, _ user: Address, to writer: inout JSONWriter) {
        writer.object {
            $0.key("clearinghouseState")
            writeState(account, to: &$0)
            $0.key("openOrders")
            writeOpenOrders(account, isFull: true, to: &$0)
            $0.key("spotState")
            writeSpotState(account, to: &$0)
            $0.string("user", user.description)
            $0.bool("isVault", account.map { accounts[$0].isVault } ?? false)
            $0.integer("serverTime", milliseconds(time))
        }
    }
}
