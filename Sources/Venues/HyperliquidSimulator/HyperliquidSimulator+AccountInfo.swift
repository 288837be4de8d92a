// SPDX-License-Identifier: Apache-2.0

import Cryptography
import JSON
import Trading

extension HyperliquidSimulator {
    /// Answers what is asked about an account. An agent's address is no account: it reads emptiness.
    mutating func accountInfo(_ type: String, _ user: Address, _ request: JSONValue) -> InfoAnswer? {
        let account = accountOfAddress[user]
        switch type {
        case "clearinghouseState": return InfoAnswer(JSONWriter.write { writeState(account, to: &$0) })
        case "spotClearinghouseState": return InfoAnswer(JSONWriter.write { writeSpotState(account, to: &$0) })
        case "openOrders", "frontendOpenOrders":
            let isFull = type == "frontendOpenOrders"
            return InfoAnswer(JSONWriter.write { writeOpenOrders(account, isFull: isFull, to: &$0) })
        case "orderStatus": return orderStatus(account, request["oid"])
        case "historicalOrders":
            let rows = account.map { accounts[$0].orders.suffix(2000) } ?? []
            return InfoAnswer(
                JSONWriter.write { $0.array { for index in rows.reversed() { writeOrderState(index, to: &$0) } } },
                rows: rows.count)
        case "userFills", "userFillsByTime": return fills(type, account, request)
        case "userTwapSliceFills":
            let rows = (account.map { accounts[$0].fills } ?? []).filter { $0.twap != nil }.suffix(2000)
            return InfoAnswer(
                JSONWriter.write { $0.array { for fill in rows.reversed() { writeSliceFill(fill, to: &$0) } } },
                rows: rows.count)
        case "twapHistory":
            return InfoAnswer(JSONWriter.write { $0.array { writeTwaps(account, to: &$0) } })
        case "userFunding": return funding(account, request)
        case "userNonFundingLedgerUpdates": return transfers(account, request)
        case "userFees": return InfoAnswer(JSONWriter.write { writeFees(to: &$0) })
        case "userRateLimit": return InfoAnswer(JSONWriter.write { writeRateLimit(account, to: &$0) })
        case "activeAssetData":
            guard let coin = request["coin"]?.string else { return .unreadable }
            guard let market = marketOfCoin[coin] else { return .null }
            return InfoAnswer(JSONWriter.write { writeActiveAsset(user, account, market, to: &$0) })
        case "portfolio": return InfoAnswer(JSONWriter.write { writePortfolio(account, to: &$0) })
        case "subAccounts": return InfoAnswer(JSONWriter.write { writeSubAccounts(user, to: &$0) })
        case "extraAgents":
            let rows = agents.filter { $0.account == account && $0.until.map { $0 > wall } ?? true }
            return InfoAnswer(
                JSONWriter.write {
                    $0.array { writer in
                        for agent in rows {
                            writer.object {
                                $0.string("name", agent.name)
                                $0.string("address", agent.address.description)
                                $0.integer("validUntil", milliseconds(agent.until ?? wall + .days(180)))
                            }
                        }
                    }
                })
        case "userRole": return InfoAnswer(JSONWriter.write { writeRole(user, account, to: &$0) })
        case "maxBuilderFee":
            guard let builder = request["builder"]?.string.flatMap({ Address(anyCase: $0) }) else {
                return .unreadable
            }
            let fee = account.flatMap { accounts[$0].builders.first { $0.address == builder }?.maximum } ?? 0
            return InfoAnswer(Array("\(fee)".utf8))
        case "userAbstraction": return InfoAnswer(Array("\"disabled\"".utf8))
        case "userDexAbstraction": return InfoAnswer(Array("false".utf8))
        case "userVaultEquities": return InfoAnswer(JSONWriter.write { writeVaultEquities(account, to: &$0) })
        case "delegations", "delegatorRewards", "delegatorHistory":
            return InfoAnswer(Array("[]".utf8))
        case "userToMultiSigSigners", "spotDeployState": return .null
        case "referral":
            return InfoAnswer(JSONWriter.write { writeReferral(account, to: &$0) })
        case "delegatorSummary":
            return InfoAnswer(
                Array(
                    #"{"delegated":"0.0","undelegated":"0.0","totalPendingWithdrawal":"0.0","nPendingWithdrawals":0}"#
                        .utf8))
        case "webData2": return InfoAnswer(JSONWriter.write { writeWebData(account, user, to: &$0) })
        default: return nil
        }
    }

    // MARK: Orders

    private func orderStatus(_ account: Int?, _ key: JSONValue?) -> InfoAnswer {
        let found: Int?
        if let oid = key?.unsigned {
            found = account.flatMap { find(.oid(oid), account: $0) }
        } else if let cloid = key?.string.flatMap({ Cloid($0) }) {
            found = account.flatMap { find(.cloid(cloid), account: $0) }
        } else {
            return .unreadable
        }
        guard let index = found, wall - orders[index].placedWall >= configuration.statusLag else {
            return InfoAnswer(Array(#"{"status":"unknownOid"}"#.utf8))
        }
        return InfoAnswer(
            JSONWriter.write {
                $0.object {
                    $0.string("status", "order")
                    $0.key("order")
                    writeOrderState(index, to: &$0)
                }
            })
    }

    func writeOrderState(_ index: Int, to writer: inout JSONWriter) {
        writer.object {
            $0.key("order")
            writeFullOrder(index, withChildren: true, to: &$0)
            $0.string("status", orders[index].status.wire)
            $0.integer("statusTimestamp", milliseconds(orders[index].statusAt))
        }
    }

    func writeOpenOrders(_ account: Int?, isFull: Bool, to writer: inout JSONWriter) {
        writer.array { writer in
            guard let account else { return }
            for index in activeOrders(account).reversed() {
                // Sleeping children are listed like the others, and inside their entry too.
                if isFull {
                    writeFullOrder(index, withChildren: true, to: &writer)
                } else {
                    writer.object { writeBasicOrder(index, to: &$0) }
                }
            }
        }
    }

    func writeBasicOrder(_ index: Int, remaining: Units? = nil, to writer: inout JSONWriter) {
        let order = orders[index]
        writer.string("coin", markets[order.market].coin)
        writer.string("side", order.isBuy ? "B" : "A")
        writer.decimal("limitPx", order.request.price)
        writer.decimal("sz", remaining ?? order.remaining)
        writer.integer("oid", order.oid)
        writer.integer("timestamp", milliseconds(order.placedAt))
        writer.decimal("origSz", order.size)
        if let cloid = order.request.cloid { writer.string("cloid", cloid.description) }
    }

    func writeFullOrder(_ index: Int, withChildren: Bool, to writer: inout JSONWriter) {
        let order = orders[index]
        let trigger = order.request.trigger
        writer.object {
            $0.string("coin", markets[order.market].coin)
            $0.string("side", order.isBuy ? "B" : "A")
            $0.decimal("limitPx", order.request.price)
            $0.decimal("sz", order.remaining)
            $0.integer("oid", order.oid)
            $0.integer("timestamp", milliseconds(order.placedAt))
            $0.string("triggerCondition", triggerText(order))
            $0.bool("isTrigger", trigger != nil)
            $0.decimal("triggerPx", trigger?.price ?? 0)
            $0.array("children") {
                guard withChildren, let group = order.group, groups[group].parent == index else { return }
                for child in groups[group].children where orders[child].status == .waitingForFill {
                    writeFullOrder(child, withChildren: false, to: &$0)
                }
            }
            $0.bool("isPositionTpsl", order.isPositionTpsl)
            $0.bool("reduceOnly", order.request.reduceOnly)
            $0.string("orderType", typeText(order))
            $0.decimal("origSz", order.size)
            $0.string("tif", orNull: trigger == nil ? order.request.timeInForce.rawValue : nil)
            $0.string("cloid", orNull: order.request.cloid?.description)
        }
    }

    private func triggerText(_ order: SimulatedOrder) -> String {
        guard let trigger = order.request.trigger else { return "N/A" }
        let price = Fixed8(units: Int128(trigger.price)).plain
        if order.isTriggered { return "Triggered" }
        return trigger.isStop == order.isBuy ? "Price above \(price)" : "Price below \(price)"
    }

    private func typeText(_ order: SimulatedOrder) -> String {
        guard let trigger = order.request.trigger else { return "Limit" }
        return (trigger.isStop ? "Stop " : "Take Profit ") + (trigger.isMarket ? "Market" : "Limit")
    }

    // MARK: Fills and ledger

    private func fills(_ type: String, _ account: Int?, _ request: JSONValue) -> InfoAnswer {
        var rows = (account.map { accounts[$0].fills } ?? [])[...]
        if type == "userFills" {
            rows = rows.suffix(2000)
        } else {
            guard let range = timeRange(request) else { return .unreadable }
            rows = Array(rows.suffix(10_000)).filter { range.contains(milliseconds($0.time)) }.prefix(2000)
        }
        if let flag = request["aggregateByTime"], !flag.isNull {
            guard let isAggregated = flag.bool else { return .unreadable }
            if isAggregated { rows = aggregated(rows)[...] }
        }
        // The latest are newest first, those of a range oldest first.
        let ordered = type == "userFills" ? Array(rows.reversed()) : Array(rows)
        return InfoAnswer(
            JSONWriter.write { $0.array { for fill in ordered { writeFill(fill, to: &$0) } } }, rows: rows.count)
    }

    /// Fills of one order at one time and price side as one.
    private func aggregated(_ fills: ArraySlice<SimulatedFill>) -> [SimulatedFill] {
        var result: [SimulatedFill] = []
        for fill in fills {
            guard let last = result.last, last.oid == fill.oid, last.time == fill.time, last.isTaker == fill.isTaker,
                last.price == fill.price
            else {
                result.append(fill)
                continue
            }
            let place = result.count - 1
            result[place].size = last.size + fill.size
            result[place].closedPnl = last.closedPnl + fill.closedPnl
            result[place].fee = last.fee + fill.fee
            result[place].builderFee = last.builderFee + fill.builderFee
        }
        return result
    }

    func writeFill(_ fill: SimulatedFill, to writer: inout JSONWriter) {
        writer.object {
            $0.string("coin", fill.coin)
            $0.decimal("px", fill.price.units)
            $0.decimal("sz", fill.size.units)
            $0.string("side", fill.isBuy ? "B" : "A")
            $0.integer("time", milliseconds(fill.time))
            $0.decimal("startPosition", fill.startPosition.units)
            $0.string("dir", fill.direction)
            $0.decimal("closedPnl", fill.closedPnl.units)
            $0.string("hash", hash(fill.tid))
            $0.integer("oid", fill.oid)
            $0.bool("crossed", fill.isTaker)
            $0.decimal("fee", fill.fee.units)
            if fill.builderFee != .zero { $0.decimal("builderFee", fill.builderFee.units) }
            $0.integer("tid", fill.tid)
            if let cloid = fill.cloid { $0.string("cloid", cloid.description) }
            if let mark = fill.liquidationMark, let user = fill.liquidated {
                $0.object("liquidation") {
                    $0.string("liquidatedUser", user.description)
                    $0.decimal("markPx", mark.units)
                    $0.string("method", "market")
                }
            }
            $0.string("feeToken", fill.feeToken)
            $0.key("twapId")
            if let twap = fill.twap { $0.integer(twap) } else { $0.null() }
        }
    }

    func writeSliceFill(_ fill: SimulatedFill, to writer: inout JSONWriter) {
        writer.object {
            $0.key("fill")
            writeFill(fill, to: &$0)
            $0.integer("twapId", fill.twap ?? 0)
        }
    }

    private func funding(_ account: Int?, _ request: JSONValue) -> InfoAnswer {
        guard let range = timeRange(request, startIsOptional: true) else { return .unreadable }
        let rows = (account.map { accounts[$0].funding } ?? []).filter { range.contains(milliseconds($0.time)) }
            .prefix(500)
        return InfoAnswer(
            JSONWriter.write {
                $0.array { writer in
                    for row in rows {
                        writer.object {
                            $0.integer("time", milliseconds(row.time))
                            $0.string("hash", "0x" + String(repeating: "0", count: 64))
                            $0.object("delta") {
                                $0.string("type", "funding")
                                writeFunding(row, to: &$0)
                                $0.null("nSamples")
                            }
                        }
                    }
                }
            }, rows: rows.count)
    }

    func writeFunding(_ row: SimulatedFunding, to writer: inout JSONWriter) {
        writer.string("coin", row.coin)
        writer.decimal("usdc", row.amount.units)
        writer.decimal("szi", row.positionSize.units)
        writer.decimal("fundingRate", Int128(row.rate.units) / 10)
    }

    private func transfers(_ account: Int?, _ request: JSONValue) -> InfoAnswer {
        guard let range = timeRange(request, startIsOptional: true) else { return .unreadable }
        let rows = (account.map { accounts[$0].transfers } ?? []).enumerated()
            .filter { range.contains(milliseconds($0.element.time)) }.prefix(2000)
        return InfoAnswer(
            JSONWriter.write {
                $0.array { for row in rows { writeTransfer(row.element, number: row.offset, to: &$0) } }
            }, rows: rows.count)
    }

    func writeTransfer(_ row: SimulatedTransfer, number: Int, to writer: inout JSONWriter) {
        let amount = row.amount.units
        writer.object {
            $0.integer("time", milliseconds(row.time))
            $0.string("hash", hash(UInt64(number) &+ UInt64(bitPattern: row.time.nanoseconds)))
            $0.object("delta") { writer in
                func head(_ type: String) { writer.string("type", type) }
                switch row.kind {
                case .deposit:
                    head("deposit")
                    writer.decimal("usdc", amount)
                case .withdraw(let fee):
                    head("withdraw")
                    writer.decimal("usdc", amount)
                    writer.integer("nonce", number)
                    writer.decimal("fee", fee.units)
                case .classTransfer(let toPerp):
                    head("accountClassTransfer")
                    writer.decimal("usdc", amount)
                    writer.bool("toPerp", toPerp)
                case .send(let from, let to):
                    head("internalTransfer")
                    writer.decimal("usdc", amount)
                    writer.string("user", from.description)
                    writer.string("destination", to.description)
                    writer.string("fee", "0.0")
                case .subAccount(let from, let to):
                    head("subAccountTransfer")
                    writer.decimal("usdc", amount)
                    writer.string("user", from.description)
                    writer.string("destination", to.description)
                case .spotSend(let token, let from, let to):
                    head("spotTransfer")
                    writer.string("token", token)
                    writer.decimal("amount", amount)
                    writer.string("usdcValue", "0.0")
                    writer.string("user", from.description)
                    writer.string("destination", to.description)
                    writer.string("fee", "0.0")
                    writer.string("nativeTokenFee", "0.0")
                    writer.null("nonce")
                    writer.string("feeToken", "")
                case .vaultDeposit(let vault):
                    head("vaultDeposit")
                    writer.string("vault", vault.description)
                    writer.decimal("usdc", amount)
                case .vaultWithdraw(let vault, let user):
                    head("vaultWithdraw")
                    writer.string("vault", vault.description)
                    writer.string("user", user.description)
                    writer.decimal("requestedUsd", amount)
                    writer.string("commission", "0.0")
                    writer.string("closingCost", "0.0")
                    writer.string("basis", "0.0")
                    writer.decimal("netWithdrawnUsd", amount)
                case .requestWeight:
                    head("reserveRequestWeight")
                    writer.decimal("usdc", amount)
                case .insurance:
                    head("liquidation")
                    writer.decimal("liquidatedNtlPos", Int128(0))
                    writer.decimal("accountValue", -amount)
                    writer.string("leverageType", "Cross")
                    writer.array("liquidatedPositions") { _ in }
                }
            }
        }
    }
}
