// SPDX-License-Identifier: Apache-2.0

public enum PositionMode: Hashable, Sendable {
    /// One position per instrument: opposite fills reduce it.
    case netting
    /// A long and a short side by side: a reduce-only fill closes the other side, any other opens its own.
    case hedging
}

public enum MarginMode: Hashable, Sendable {
    /// All of the balance stands behind every position.
    case cross
    /// Each position has the margin it was opened with, and loses no more than that.
    case isolated
}

/// What an account is made of: everything that does not change during a run.
public struct AccountDescription: Sendable {
    public var owner = OwnerID(0)
    public var account = AccountID(0)
    public var assets: AssetTable
    public var instruments: [Instrument]
    public var baseCurrency: AssetID
    /// By asset.
    public var valuations: [AssetValuation]
    public var positionMode: PositionMode
    public var marginMode: MarginMode
    public var allowsBorrowing: Bool
    /// By strategy, then instrument: what positions are levered by. 1 where nothing is said.
    public var strategyCount: Int
    /// By instrument.
    public var leverage: [Int64]

    public init(
        assets: AssetTable, instruments: [Instrument], baseCurrency: AssetID, valuations: [AssetValuation],
        positionMode: PositionMode = .netting, marginMode: MarginMode = .cross, allowsBorrowing: Bool = false,
        strategyCount: Int = 1, leverage: [Int64]? = nil
    ) {
        self.assets = assets
        self.instruments = instruments
        self.baseCurrency = baseCurrency
        self.valuations = valuations
        self.positionMode = positionMode
        self.marginMode = marginMode
        self.allowsBorrowing = allowsBorrowing
        self.strategyCount = strategyCount
        self.leverage = leverage ?? Array(repeating: 1, count: instruments.count)
    }
}

/// Balances, positions and the books behind them. The engine keeps one from what it is told, the simulated venue
/// keeps its own from what it does; a test holds them equal.
public struct Account: Sendable {
    public let description: AccountDescription
    public private(set) var ledger: Ledger
    /// By instrument and side slot: what the venue sees.
    @usableFromInline var positions: [Position]
    /// By strategy, instrument and side slot; they sum to the account's.
    @usableFromInline var subPositions: [Position]
    /// Rises with every change of a balance or position: tells a valuation that it is stale.
    public private(set) var version: UInt64 = 0

    public init(_ description: AccountDescription, keepsEntries: Bool = false) {
        self.description = description
        ledger = Ledger(assetCount: description.assets.names.count, keepsEntries: keepsEntries)
        positions = Array(repeating: Position(), count: description.instruments.count * 2)
        subPositions = Array(
            repeating: Position(), count: description.instruments.count * 2 * max(1, description.strategyCount))
    }

    private func ownership(_ strategy: StrategyID) -> Ownership {
        Ownership(owner: description.owner, account: description.account, strategy: strategy)
    }

    // MARK: Reading

    @inlinable public func balance(_ asset: AssetID) -> Amount { ledger.total(.balance, asset) }

    /// The account's net position in an instrument.
    @inlinable public func netQuantity(_ instrument: InstrumentID) -> Quantity {
        positions[instrument.index * 2].quantity + positions[instrument.index * 2 + 1].quantity
    }

    /// The account's position; with hedging, its long (0) or short (1) side.
    @inlinable public func position(_ instrument: InstrumentID, slot: Int = 0) -> Position {
        positions[instrument.index * 2 + slot]
    }

    /// The part of the position that a strategy holds.
    @inlinable public func subPosition(_ strategy: StrategyID, _ instrument: InstrumentID, slot: Int = 0) -> Position {
        subPositions[(strategy.index * description.instruments.count + instrument.index) * 2 + slot]
    }

    @inlinable public func netQuantity(_ strategy: StrategyID, _ instrument: InstrumentID) -> Quantity {
        let first = (strategy.index * description.instruments.count + instrument.index) * 2
        return subPositions[first].quantity + subPositions[first + 1].quantity
    }

    // MARK: Changing

    public mutating func deposit(_ amount: Amount, of asset: AssetID, at time: Timestamp) {
        version += 1
        ledger.post(
            LedgerEntry(
                time: time, ownership: ownership(StrategyID(0)), asset: asset, from: .external, to: .balance,
                cause: .transfer, amount: amount, reference: 0))
    }

    /// Books money that came in (positive) or went out without a trade.
    ///
    /// - Returns: `false`, and nothing booked, where a balance cannot hold it.
    @discardableResult
    public mutating func transfer(
        _ amount: Amount, of asset: AssetID, at time: Timestamp, _ reference: UInt64
    ) -> Bool {
        guard amount.units != .min, ledger.hasRoom(for: amount.magnitude, of: asset) else { return false }
        version += 1
        ledger.post(
            LedgerEntry(
                time: time, ownership: ownership(StrategyID(0)), asset: asset, from: .external, to: .balance,
                cause: .transfer, amount: amount, reference: reference))
        return true
    }

    /// Books a fee that is not part of its fill, because it was taken in another asset: positive is paid by us.
    ///
    /// - Returns: `false`, and nothing booked, where a balance cannot hold it.
    @discardableResult
    public mutating func payFee(
        _ amount: Amount, of asset: AssetID, strategy: StrategyID, trade: TradeID, at time: Timestamp
    ) -> Bool {
        guard amount.units != .min, ledger.hasRoom(for: amount.magnitude, of: asset) else { return false }
        version += 1
        ledger.post(
            LedgerEntry(
                time: time, ownership: ownership(strategy), asset: asset, from: .balance, to: .fees, cause: .fee,
                amount: amount, reference: trade.rawValue))
        return true
    }

    /// Changes a strategy's part of a spot position without a trade; the books behind it stay as they are.
    ///
    /// - Parameters:
    ///   - quantity: Signed; never more against the position than is held of it.
    ///   - keepsCost: Whether what is left has cost as much as the whole did.
    /// - Returns: The profit that this realised; `nil`, and nothing changed, where no such position is held.
    @discardableResult
    public mutating func changeHolding(
        _ quantity: Quantity, of instrument: InstrumentID, strategy: StrategyID, keepsCost: Bool
    ) -> Amount? {
        guard instrument.index < description.instruments.count, strategy.index < description.strategyCount,
            description.instruments[instrument.index].kind == .spot, quantity.units != .min
        else { return nil }
        let slot = description.positionMode == .hedging && quantity.units > 0 ? 1 : 0
        let sub = (strategy.index * description.instruments.count + instrument.index) * 2 + slot
        let held = subPositions[sub].quantity
        guard held.units != 0, (held.units > 0) == (quantity.units < 0), quantity.magnitude <= held.magnitude,
            !positions[instrument.index * 2 + slot].quantity.units.addingReportingOverflow(quantity.units).overflow
        else { return nil }
        version += 1
        _ = positions[instrument.index * 2 + slot].change(by: quantity, keepsCost: keepsCost)
        return subPositions[sub].change(by: quantity, keepsCost: keepsCost)
    }

    /// What a fill did to one strategy's part of the position.
    public struct FillEffect: Sendable, BitwiseCopyable {
        public let before: Position
        public let after: Position
        /// Before fees, in the settlement asset.
        public let realised: Amount
    }

    /// Books a fill.
    ///
    /// - Parameter isReducing: With hedging, whether it closes the other side instead of opening its own.
    /// - Returns: `nil`, and nothing booked, where its value, the position or a balance cannot be held exactly.
    @discardableResult
    public mutating func apply(_ fill: Fill, isReducing: Bool = false) -> FillEffect? {
        // Read where it is: a copy of an instrument counts the references in it.
        let index = fill.instrument.index
        guard let value = description.instruments[index].value(of: fill.quantity, at: fill.price) else { return nil }
        let kind = description.instruments[index].kind
        let settlement = description.instruments[index].settlement
        let isInverse = kind.isInverse
        var slot = 0
        if description.positionMode == .hedging { slot = (fill.quantity.units > 0) != isReducing ? 0 : 1 }
        let sub = (Int(fill.strategy) * description.instruments.count + fill.instrument.index) * 2 + slot
        let before = subPositions[sub]
        let place = fill.instrument.index * 2 + slot
        guard positions[place].canApply(quantity: fill.quantity, value: value),
            before.canApply(quantity: fill.quantity, value: value),
            let turnover = value.magnitude.adding(positions[place].cost.magnitude)?.adding(fill.fee.magnitude),
            ledger.hasRoom(for: turnover, of: settlement)
        else { return nil }
        var received = Amount.zero
        if kind == .spot {
            guard let amount = description.instruments[index].baseAmount(of: fill.quantity),
                ledger.hasRoom(for: amount.magnitude, of: description.instruments[index].base)
            else { return nil }
            received = amount
        }
        version += 1

        let profit = positions[place].apply(quantity: fill.quantity, value: value, isInverse: isInverse)
        let subProfit = subPositions[sub].apply(quantity: fill.quantity, value: value, isInverse: isInverse)

        let owner = ownership(fill.strategyID)
        let cause: LedgerCause
        switch fill.reason {
        case .liquidation: cause = .liquidation
        case .settlement: cause = .settlement
        default: cause = .fill
        }
        func post(_ asset: AssetID, _ from: LedgerBook, _ to: LedgerBook, _ cause: LedgerCause, _ amount: Amount) {
            guard amount != .zero else { return }
            ledger.post(
                LedgerEntry(
                    time: fill.time, ownership: owner, asset: asset, from: from, to: to, cause: cause,
                    amount: amount, reference: fill.trade.rawValue))
        }
        switch kind {
        case .spot:
            post(description.instruments[index].base, .exchanged, .balance, cause, received)
            post(description.instruments[index].quote, .balance, .exchanged, cause, value)
        case .option:
            post(settlement, .balance, .exchanged, cause, value)
        case .linearPerpetual, .inversePerpetual, .future:
            post(settlement, .realised, .balance, cause, profit)
        }
        post(settlement, .balance, .fees, .fee, fill.fee)
        return FillEffect(before: before, after: subPositions[sub], realised: subProfit)
    }

    /// Books a funding payment: positive is paid by us.
    public mutating func payFunding(
        _ amount: Amount, instrument: InstrumentID, strategy: StrategyID, at time: Timestamp
    ) {
        version += 1
        ledger.post(
            LedgerEntry(
                time: time, ownership: ownership(strategy),
                asset: description.instruments[instrument.index].settlement, from: .balance, to: .funding,
                cause: .funding, amount: amount, reference: UInt64(instrument.rawValue)))
    }

    /// Books a loss that the venue bears, because the margin behind it was used up.
    public mutating func coverLoss(_ amount: Amount, of asset: AssetID, at time: Timestamp) {
        version += 1
        ledger.post(
            LedgerEntry(
                time: time, ownership: ownership(StrategyID(0)), asset: asset, from: .insurance, to: .balance,
                cause: .liquidation, amount: amount, reference: 0))
    }
}

extension Instrument {
    /// A quantity of a spot instrument as an amount of its base asset; `nil` where it cannot be held.
    package func baseAmount(of quantity: Quantity) -> Amount? { scaledQuantity(quantity) }
}

// MARK: - Value

/// Why an account cannot be valued.
public enum ValuationError: Error, Equatable, CustomStringConvertible {
    case noRate(asset: String, base: String)
    case tooLarge(asset: String)

    public var description: String {
        switch self {
        case .noRate(let asset, let base):
            "Nothing says what \(asset) is worth in \(base). Add data for a pair of the two, or a rate under "
                + "account.conversion_rates."
        case .tooLarge(let asset): "The value of the \(asset) held is too large to be held exactly."
        }
    }
}

extension Account {
    /// Balances and open positions in the base currency, exact but for conversions, which round to `10^-18`.
    ///
    /// - Parameter prices: The last price of each instrument, by instrument; `nil` before its first.
    public func equity(prices: [Price?], at time: Timestamp) throws(ValuationError) -> Amount {
        var perAsset = (0..<description.assets.names.count).map { balance(AssetID(index: $0)) }
        for instrument in description.instruments {
            for slot in 0..<2 {
                let position = positions[instrument.id.index * 2 + slot]
                guard instrument.kind != .spot, !position.isFlat, let price = prices[instrument.id.index] else {
                    continue
                }
                let value = instrument.value(of: position.quantity, at: price)
                let worth: Amount?
                switch instrument.kind {
                case .spot, .option: worth = value
                case .inversePerpetual: worth = value.flatMap { position.cost.adding(-$0) }
                case .linearPerpetual, .future: worth = value?.adding(-position.cost)
                }
                guard let sum = worth.flatMap({ perAsset[instrument.settlement.index].adding($0) }) else {
                    throw .tooLarge(asset: instrument.symbol)
                }
                perAsset[instrument.settlement.index] = sum
            }
        }
        var total = Amount.zero
        for (index, amount) in perAsset.enumerated() where amount != .zero {
            let asset = AssetID(index: index)
            guard let sum = total.adding(try value(amount, of: asset, prices: prices, at: time)) else {
                throw .tooLarge(asset: description.assets.name(of: asset))
            }
            total = sum
        }
        return total
    }

    /// An amount of an asset in the base currency. Each conversion on the way rounds to `10^-18`, halves to even.
    public func value(
        _ amount: Amount, of asset: AssetID, prices: [Price?], at time: Timestamp
    ) throws(ValuationError) -> Amount {
        let name = description.assets.name(of: asset)
        let unknown = ValuationError.noRate(asset: name, base: description.assets.name(of: description.baseCurrency))
        var (units, current) = (amount.units, asset)
        func convert(_ factor: Int128, over divisor: Int128, to next: AssetID) throws(ValuationError) {
            guard let result = units.multiplied(by: factor, dividedBy: divisor) else { throw .tooLarge(asset: name) }
            (units, current) = (result, next)
        }
        // No chain visits an asset twice: one that does leads nowhere.
        for _ in description.assets.names {
            switch description.valuations[current.index] {
            case .base: return Amount(units: units)
            case .unknown: throw unknown
            case .rates(let rates):
                guard let rate = rates.last(where: { $0.from <= time }) ?? rates.first else { throw unknown }
                try convert(rate.rate.units, over: 1_000_000_000_000_000_000, to: description.baseCurrency)
                return Amount(units: units)
            case .multiplied(let id):
                let instrument = description.instruments[id.index]
                guard let price = prices[id.index] else { throw unknown }
                let scale = Int128(DecimalText.powerOfTen(instrument.priceDecimals))
                try convert(Int128(price.units), over: scale, to: instrument.quote)
            case .divided(let id):
                let instrument = description.instruments[id.index]
                guard let price = prices[id.index], price.units > 0 else { throw unknown }
                let scale = Int128(DecimalText.powerOfTen(instrument.priceDecimals))
                try convert(scale, over: Int128(price.units), to: instrument.base)
            }
        }
        throw unknown
    }
}
