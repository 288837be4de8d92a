// SPDX-License-Identifier: Apache-2.0

import Cryptography
import JSON
public import Trading

extension HyperliquidSimulator {
    /// Answers an HTTP request.
    ///
    /// - Parameters:
    ///   - path: `/info` or `/exchange`; everything else is not found.
    ///   - sender: Stands for the network address that the weight limit counts by.
    public mutating func post(
        path: String, body: [UInt8], wall: Timestamp, sender: UInt32 = 0
    ) -> SimulatedAnswer {
        begin(wall)
        defer { flush() }
        statistics.requests += 1
        guard path == "/info" || path == "/exchange" else {
            return SimulatedAnswer(status: 404, body: [], weight: 0)
        }
        guard let value = try? JSON.parse(body) else { return unreadable(sender) }
        if path == "/info" {
            let weight = infoWeight(value)
            guard spend(weight, sender: sender) else { return tooMany(weight) }
            let answer = info(value)
            spendMore(answer.extraWeight, sender: sender)
            return SimulatedAnswer(status: answer.status, body: answer.body, weight: weight + answer.extraWeight)
        }
        guard let request = try? ExchangeRequest(value) else { return unreadable(sender) }
        let weight = 1 + request.action.count / 40
        guard spend(weight, sender: sender) else { return tooMany(weight) }
        return SimulatedAnswer(status: 200, body: exchange(request), weight: weight)
    }

    static let unreadableText = Array("Failed to deserialize the JSON body into the target type".utf8)

    private mutating func unreadable(_ sender: UInt32) -> SimulatedAnswer {
        statistics.unreadable += 1
        spendMore(1, sender: sender)
        return SimulatedAnswer(status: 422, body: Self.unreadableText, weight: 1)
    }

    private mutating func tooMany(_ weight: Int) -> SimulatedAnswer {
        statistics.tooManyRequests += 1
        return SimulatedAnswer(status: 429, body: Array("null".utf8), weight: 0)
    }

    // MARK: Who asks

    /// Answers a signed request that could be read.
    mutating func exchange(_ request: ExchangeRequest) -> [UInt8] {
        statistics.actions[request.kind, default: 0] += 1
        let isUserSigned = ExchangeRequest.userSigned[request.kind] != nil
        let isOwnersOnly = isUserSigned || ExchangeRequest.ownersOnly.contains(request.kind)
        if isUserSigned, let problem = userSignedProblem(request) { return failure(problem) }
        let recovered =
            configuration.verifiesSignatures
            ? request.signer(isMainnet: configuration.isMainnet) : configuration.assumedSigner
        guard let signer = recovered else { return failure("Unable to recover signer.") }
        var account: Int
        if let own = accountOfAddress[signer] {
            account = own
        } else if !isOwnersOnly, let agent = agentOfAddress[signer], agents[agent].until.map({ $0 > wall }) ?? true {
            account = agents[agent].account
        } else {
            return failure(
                isUserSigned || isOwnersOnly && agentOfAddress[signer] != nil
                    ? "Must deposit before performing actions. User: \(signer)"
                    : "User or API Wallet \(signer) does not exist.")
        }
        if let vault = request.vault, !isUserSigned {
            guard let owned = accountOfAddress[vault], accounts[owned].master == accounts[account].address else {
                return failure("Vault not registered: \(vault)")
            }
            account = owned
        }
        if let problem = nonces[signer, default: NonceWindow()].use(request.nonce, wall: wall) {
            return failure(problem)
        }
        if let expires = request.expiresAfter, milliseconds(wall) > Int128(expires) {
            statistics.expired += 1
            accounts[account].requestsUsed += 5 * Int64(request.action.count)
            return failure("Action expired: expiresAfter \(expires) is before \(milliseconds(wall)).")
        }
        if let problem = budgetProblem(account, request.action) { return failure(problem) }
        let answer = perform(request.action, account: account)
        settleConsequences()
        return answer
    }

    private func userSignedProblem(_ request: ExchangeRequest) -> String? {
        let chain = configuration.isMainnet ? "Mainnet" : "Testnet"
        if request.actionValue["hyperliquidChain"]?.string != chain { return "Invalid chain: this is \(chain)." }
        let time = request.actionValue["time"]?.unsigned ?? request.actionValue["nonce"]?.unsigned
        return time == request.nonce ? nil : "Invalid nonce: the signed one differs from that of the request."
    }

    func milliseconds(_ time: Timestamp) -> Int64 { time.nanoseconds.flooredDivision(by: 1_000_000).quotient }

    func failure(_ text: String) -> [UInt8] {
        JSONWriter.write {
            $0.object {
                $0.string("status", "err")
                $0.string("response", text)
            }
        }
    }

    func success(_ type: String) -> [UInt8] {
        JSONWriter.write {
            $0.object {
                $0.string("status", "ok")
                $0.object("response") { $0.string("type", type) }
            }
        }
    }

    func success(_ type: String, _ data: (inout JSONWriter) -> Void) -> [UInt8] {
        JSONWriter.write {
            $0.object {
                $0.string("status", "ok")
                $0.object("response") {
                    $0.string("type", type)
                    $0.key("data")
                    data(&$0)
                }
            }
        }
    }

    // MARK: What is asked

    private mutating func perform(_ action: ExchangeAction, account: Int) -> [UInt8] {
        switch action {
        case .order(let orders, let grouping, let builder):
            return performOrders(orders, grouping, builder, account: account)
        case .modify(let key, let order):
            guard let request = request(order) else { return failure(unknownAsset(order.asset)) }
            if case .refused(let refusal) = modify(key, to: request, account: account) {
                return failure(refusal.text)
            }
            return success("default")
        case .batchModify(let changes):
            var requests: [(OrderKey, OrderRequest)] = []
            for (key, order) in changes {
                guard let request = request(order) else { return failure(unknownAsset(order.asset)) }
                requests.append((key, request))
            }
            let answers = requests.map { modify($0.0, to: $0.1, account: account) }
            return success("order") { write(answers, to: &$0) }
        case .cancel(let cancels, _):
            let results = cancels.map { cancel($0.key, asset: $0.asset, account: account) }
            return success("cancel") {
                $0.object {
                    $0.array("statuses") { writer in
                        for result in results {
                            if let result {
                                writer.object { $0.string("error", result) }
                            } else {
                                writer.string("success")
                            }
                        }
                    }
                }
            }
        case .scheduleCancel(let time): return scheduleCancel(time, account: account)
        case .updateLeverage(let asset, let isCross, let leverage):
            return updateLeverage(asset, isCross: isCross, leverage, account: account)
        case .updateIsolatedMargin(let asset, let micros):
            return updateIsolatedMargin(asset, micros, account: account)
        case .topUpIsolatedOnlyMargin(let asset, let leverage):
            return topUpIsolatedMargin(asset, leverage, account: account)
        case .twapOrder(let asset, let isBuy, let size, let reduceOnly, let minutes, _):
            return twapOrder(
                asset, isBuy: isBuy, size: size, reduceOnly: reduceOnly, minutes: minutes, account: account)
        case .twapCancel(let asset, let id): return twapCancel(asset, id, account: account)
        case .reserveRequestWeight(let weight): return reserve(weight, account: account)
        case .accepted: return success("default")
        case .unavailable: return failure("This action is not available on the simulated venue.")
        case .createSubAccount, .subAccountTransfer, .subAccountSpotTransfer, .vaultTransfer, .usdSend, .spotSend,
            .sendAsset, .withdraw, .usdClassTransfer, .approveAgent, .approveBuilderFee:
            return performTransfer(action, account: account)
        }
    }

    private func unknownAsset(_ asset: Int64) -> String { "Unknown asset. asset=\(asset)" }

    private func request(_ order: WireOrder) -> OrderRequest? {
        marketOfAsset[order.asset].map {
            OrderRequest(
                market: $0, isBuy: order.isBuy, price: order.price, size: order.size, reduceOnly: order.reduceOnly,
                timeInForce: order.timeInForce, trigger: order.trigger, cloid: order.cloid)
        }
    }

    private mutating func performOrders(
        _ orders: [WireOrder], _ grouping: Grouping, _ builder: Builder?, account: Int
    ) -> [UInt8] {
        if let builder {
            guard
                let approved = accounts[account].builders.first(where: { $0.address == builder.address }),
                builder.fee <= approved.maximum
            else { return failure("Builder fee has not been approved.") }
        }
        var requests: [OrderRequest] = []
        for order in orders {
            guard let request = request(order) else { return failure(unknownAsset(order.asset)) }
            requests.append(request)
        }
        let answers = place(requests, for: account, grouping: grouping, builder: builder)
        return success("order") { write(answers, to: &$0) }
    }

    private func write(_ answers: [PlaceAnswer], to writer: inout JSONWriter) {
        writer.object {
            $0.array("statuses") { writer in
                for answer in answers {
                    switch answer {
                    case .waitingForFill: writer.string("waitingForFill")
                    case .waitingForTrigger: writer.string("waitingForTrigger")
                    case .refused(let refusal): writer.object { $0.string("error", refusal.text) }
                    case .resting(let index):
                        writer.object {
                            $0.object("resting") {
                                $0.integer("oid", orders[index].oid)
                                if let cloid = orders[index].request.cloid { $0.string("cloid", cloid.description) }
                            }
                        }
                    case .filled(let index):
                        let order = orders[index]
                        writer.object {
                            $0.object("filled") {
                                $0.decimal("totalSz", order.filled)
                                $0.decimal(
                                    "avgPx", order.filledValue * Int128(Decimals.one) / Int128(max(1, order.filled)))
                                $0.integer("oid", order.oid)
                                if let cloid = order.request.cloid { $0.string("cloid", cloid.description) }
                            }
                        }
                    }
                }
            }
        }
    }

    // MARK: Cancel and modify

    func find(_ key: OrderKey, account: Int) -> Int? {
        switch key {
        case .oid(let oid): index(ofOrder: oid).flatMap { orders[$0].account == account ? $0 : nil }
        case .cloid(let cloid): orderOfCloid[CloidKey(account: account, cloid: cloid)]
        }
    }

    /// - Returns: Why not, or `nil` where it was cancelled.
    private mutating func cancel(_ key: OrderKey, asset: Int64, account: Int) -> String? {
        guard let index = find(key, account: account), orders[index].status.isActive,
            markets[orders[index].market].asset == Int(asset)
        else {
            return "Order was never placed, already canceled, or filled. asset=\(asset)"
        }
        finish(index, .canceled)
        settleConsequences()
        return nil
    }

    /// Replaces an order by one with a new oid. A new order that is refused by the rules leaves the old one as it was.
    private mutating func modify(_ key: OrderKey, to request: OrderRequest, account: Int) -> PlaceAnswer {
        guard let old = find(key, account: account), orders[old].status.isActive,
            orders[old].market == request.market
        else { return .refused(Refusal(.rejected, "Cannot modify canceled or filled order")) }
        let before = orders[old]
        let isAsleep = before.status == .waitingForFill
        if let refusal = checked(
            request, for: account, isChild: isAsleep, isPositionTpsl: before.isPositionTpsl, replacing: old)
        {
            return .refused(refusal)
        }
        // The group goes on with the new order.
        orders[old].group = nil
        let firstUpdate = updates.count
        finish(old, .canceled)
        let isEntry = before.group.map { groups[$0].parent == old } ?? false
        let answer: PlaceAnswer
        if isAsleep, let group = before.group {
            let index = register(request, for: account, builder: before.builder, group: group)
            groups[group].children.append(index)
            orders[index].status = .waitingForFill
            accounts[account].activeOrders += 1
            noteUpdate(index)
            answer = .resting(index)
        } else {
            answer = enter(
                request, for: account, builder: before.builder, group: before.group, isEntry: isEntry,
                isPositionTpsl: before.isPositionTpsl)
        }
        if configuration.shufflesUpdates, updates.count - firstUpdate >= 2, nextRandom() & 1 == 1 {
            updates.append(updates.remove(at: firstUpdate))
        }
        return answer
    }
}
