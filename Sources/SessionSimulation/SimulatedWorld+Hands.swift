// SPDX-License-Identifier: Apache-2.0

import Cryptography
import Hyperliquid
import HyperliquidSimulator
import Live
import Risk
import Strategies
import Trading

// Somebody uses the account by hand: orders in a market that no strategy trades, money that comes.
extension SimulatedWorld {
    /// A drawdown is let go by a person alone, and a day that begins with a loss would hold nothing more.
    func resumeByHand() throws(Violation) {
        let tripped = session?.live.breakers?.tripped ?? []
        let isHeld = tripped.contains { $0.kind == .drawdown || $0.kind == .dailyLoss }
        guard state.isRunning, isHeld else { return }
        try tell(.command(.resumeTrading))
    }

    func actByHand() {
        state.queue.add(.hands, at: state.now + state.chance.span(.minutes(40), .hours(4)))
        guard !state.isStill else { return }
        if state.plan.hasSpot, state.chance.happens(0.4) { return actOnSpotByHand() }
        let market = SimulatedSetup.handMarket
        let coin = setup.markets[market].coin
        guard let price = state.venue.prices(coin)?.last else { return }
        let dice = state.chance.below(10)
        if dice < 2 || isPoor {
            state.venue.deposit(
                Fixed8(Int64(50 + state.chance.below(3_000))), to: setup.master.address, wall: state.wall)
            return state.publish()
        }
        var isBuy = state.chance.happens(0.5)
        // Never so much that the limit of all positions leaves no room for the strategies.
        let held = Double((state.venue.positionSize(setup.master.address, coin) ?? .zero).units) / 1e8
        if abs(held) * Double(price.units) / 1e8 > 900 { isBuy = held < 0 }
        // Market orders trade at once; the others rest far away and are taken back later.
        let away = dice < 6 ? (isBuy ? 1.02 : 0.98) : (isBuy ? 0.9 : 1.1)
        let limit = Double(price.units) / 1e8 * away
        let order = HyperliquidOrder(
            asset: setup.markets[market].asset, isBuy: isBuy, price: Self.text(limit, digits: 2),
            size: Self.text(state.chance.between(0.2, 1), digits: 2),
            kind: .limit(dice < 6 ? .immediateOrCancel : .goodTilCancelled))
        if dice == 9 {
            let open = state.venue.account(setup.master.address)?.openOrders.filter { $0.cloid == nil } ?? []
            return sign(.cancel(open.map { (asset: setup.markets[market].asset, order: $0.oid) }))
        }
        sign(.order([order], grouping: .none))
    }

    /// Buys some of an asset that strategies may hold too, sells of it what was bought by hand, or moves money to where
    /// assets are paid from.
    private func actOnSpotByHand() {
        guard let market = setup.markets.last, let price = state.venue.prices(market.coin)?.last,
            let account = state.venue.account(setup.master.address)
        else { return }
        let money = account.balances.first { $0.token == "USDC" }?.total ?? .zero
        if money < Fixed8(1_000) || state.chance.happens(0.1) {
            return sign(
                .usdClassTransfer(amount: "\(100 + state.chance.below(1_500))", toPerp: money > Fixed8(20_000)))
        }
        var own: Int128 = 0
        for fill in account.fills where fill.cloid == nil && fill.coin == market.coin {
            own += fill.isBuy ? fill.size.units - fill.fee.units : -fill.size.units
        }
        let value = Double(price.units) / 1e8
        let held = Double(own) / 1e8 * value
        let isBuy = held < 20 || held < 400 && state.chance.happens(0.5)
        let worth = state.chance.between(12, 150)
        let size = isBuy ? worth / value : min(worth * 2, held) / value
        // Rounded down: nothing is sold that strategies hold.
        let units = Int64(size * 100)
        guard units > 0 else { return }
        sign(
            .order(
                [
                    HyperliquidOrder(
                        asset: market.asset, isBuy: isBuy, price: Self.text(value * (isBuy ? 1.02 : 0.98), digits: 2),
                        size: DecimalText.format(units, decimals: 2), kind: .limit(.immediateOrCancel))
                ], grouping: .none))
    }

    private var isPoor: Bool {
        (state.venue.account(setup.master.address)?.value ?? .zero) < Fixed8(5_000)
    }

    private func sign(_ action: HyperliquidAction) {
        // Ahead of the program's nonces by a minute, so that they never meet.
        state.handNonce = max(
            state.handNonce + 1, UInt64(state.wall.nanoseconds / 1_000_000) + 60_000)
        let signer = HyperliquidSigner(key: setup.master, isMainnet: false)
        let body = signer.request(action, nonce: state.handNonce)
        _ = state.venue.post(path: "/exchange", body: body, wall: state.wall, sender: 9)
        state.publish()
    }

    private static func text(_ value: Double, digits: Int) -> String {
        let scale = digits == 2 ? 100.0 : 1.0
        return DecimalText.format(Int64((value * scale).rounded()), decimals: digits)
    }
}
