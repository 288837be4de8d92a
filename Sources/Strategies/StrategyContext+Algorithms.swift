// SPDX-License-Identifier: Apache-2.0

import Execution
import Indicators
import MarketData
public import OrderAlgorithms
public import Trading

extension StrategyContext {
    /// Starts to work an order through an algorithm, whose first orders are sent at once.
    ///
    /// It goes on at every instant at which a bar of the shortest timeframe closes that the strategy declared for its
    /// instrument, before the strategy is called; fills and refusals of its orders are told to it there, and to the
    /// strategy as those of all its orders are.
    ///
    /// - Parameter label: What people call it, in status and records.
    /// - Returns: Its name, or `nil` where nothing is sent: while the strategy is warming up.
    @discardableResult
    public mutating func start(_ algorithm: any OrderAlgorithm, label: String = "") -> AlgorithmID? {
        start(algorithm, role: .own, label: label)
    }

    /// Takes back what an algorithm has working and lets it place nothing more. Fills may still come.
    public mutating func stop(_ id: AlgorithmID) {
        guard !isObserving, let index = desk.index(of: id), desk.entries[index].status.strategy == slots[current].id
        else { return }
        stopAlgorithm(index, .stopped)
    }

    /// Every instrument that is traded here, also those of other strategies and venues: what linked orders and conditions
    /// can be about. In the order of their ids.
    public var instruments: [Instrument] { account.description.instruments }

    /// Where an algorithm stands; `nil` where it is long over.
    public func status(of id: AlgorithmID) -> AlgorithmStatus? { desk.status(of: id) }

    /// The strategy's algorithms that run, and the last ones that are over, as they were started.
    public var algorithms: [AlgorithmStatus] { desk.statuses.filter { $0.strategy == slots[current].id } }

    /// Gives conditions a value from outside; NaN takes it away. What is never set reads as NaN, which meets nothing.
    /// The names of the configuration's external series are theirs: what is set under one of them is not looked at.
    public mutating func setExternal(_ name: String, _ value: Double) {
        desk.external[name] = value.isNaN ? nil : value
    }
}

extension AlgorithmInput {
    /// An indicator that the strategy declared.
    public static func indicator(_ handle: IndicatorHandle, output: Int = 0) -> AlgorithmInput {
        .indicator(handle.index, output: output)
    }
}

// MARK: - Hosting

/// What an algorithm is to its strategy.
package enum AlgorithmRole: Int, Sendable {
    /// The strategy started it.
    case own
    /// It works the strategy's entry.
    case entry
    /// It follows with an order that protects the position.
    case protection
}

extension StrategyContext {
    /// - Parameter adopted: Orders that are there already, as its first children.
    package mutating func start(
        _ algorithm: any OrderAlgorithm, role: AlgorithmRole, adopting adopted: [OrderID] = [], label: String = ""
    ) -> AlgorithmID? {
        guard slots[current].isWarm, !isObserving else { return nil }
        let id = desk.start(algorithm, strategy: slots[current].id, at: now, tag: role.rawValue, label: label)
        let index = desk.entries.count - 1
        for (child, order) in adopted.enumerated() { desk.bind(order, to: index, ChildID(child)) }
        advance(index)
        return id
    }

    /// Tells every algorithm what happened to its orders and lets it act on the instant.
    package mutating func advanceAlgorithms() {
        let before = current
        defer { current = before }
        if !isObserving {
            for event in desk.takeEvents() {
                if case .protectionFilled(let strategy) = event { endEntry(of: strategy) }
                guard let (index, actions) = desk.tell(event) else { continue }
                perform(actions, index)
                closeLateEntry(index, event)
            }
        }
        for index in desk.entries.indices where !desk.entries[index].status.isFinished {
            let finest = details[desk.entries[index].status.strategy.index].finestSeries
            if series[finest].lastInstant == instant { advance(index) }
        }
        if !isObserving { desk.tidy() }
    }

    /// Stops the algorithms of every strategy that a rule picks.
    package mutating func stopAlgorithms(_ reason: AlgorithmReason, where isPicked: (any OrderAlgorithm) -> Bool) {
        guard desk.isActive else { return }
        let before = current
        defer { current = before }
        for index in desk.entries.indices where isPicked(desk.entries[index].algorithm) {
            stopAlgorithm(index, reason)
        }
    }

    package mutating func stopAlgorithm(_ index: Int, _ reason: AlgorithmReason) {
        guard !desk.entries[index].status.isFinished else { return }
        perform(desk.stop(index, reason), index)
    }

    private mutating func advance(_ index: Int) {
        let strategy = desk.entries[index].status.strategy.index
        let seen = sample(for: desk.entries[index].algorithm, of: strategy)
        if isObserving {
            _ = desk.act(index) { algorithm, _ in algorithm.observe(seen) }
        } else {
            perform(desk.act(index) { $0.advance(seen, &$1) }, index)
        }
    }

    private mutating func perform(_ actions: [AlgorithmAction], _ index: Int) {
        guard !actions.isEmpty else { return }
        let before = current
        defer { current = before }
        current = desk.entries[index].status.strategy.index
        var refusals: [ChildEnd] = []
        for action in actions {
            var order = OrderID.none
            switch action {
            case .place(let placement, _):
                switch place(placement, index) {
                case .success(let placed): order = placed
                case .failure(let refusal):
                    if isStopped { return }
                    desk.bind(nothingTo: index, placement.child)
                    refusals.append(ChildEnd(placement.child, .rejected, reason: refusal.reason))
                    continue
                }
            case .cancel(let child, _):
                order = desk.entries[index].orders[child.rawValue]
                cancel(order)
            case .modify(let child, let change, _):
                order = desk.entries[index].orders[child.rawValue]
                modify(order, change)
            case .finish: break
            }
            desk.record(action, of: index, order: order, at: now)
            explain(action, index, order)
        }
        // What is not sent ends like what a venue refuses: an algorithm gives up after a few of them.
        for refusal in refusals { perform(desk.end(index, refusal), index) }
    }

    private struct PlacementRefusal: Error { let reason: RejectReason }

    /// Notes what an algorithm did, for those who ask why.
    private mutating func explain(_ action: AlgorithmAction, _ index: Int, _ order: OrderID) {
        guard keepsDecisions else { return }
        let status = desk.entries[index].status
        let what: String
        let verdict: DecisionRecord.Verdict
        switch action {
        case .place: (what, verdict) = ("placed an order", .taken)
        case .cancel: (what, verdict) = ("took an order back", .changed)
        case .modify: (what, verdict) = ("changed an order", .changed)
        case .finish: (what, verdict) = ("ended", status.progress.filled > .zero ? .taken : .refused)
        }
        let market = account.description.instruments[(status.instruments.first ?? slots[current].instrument).index]
        note(
            .algorithm, verdict, side: self.order(order)?.request.side, feature: status.name,
            order: order,
            because: "\(status.title) \(status.id) \(what): \(action.reason.text) (filled "
                + "\(market.text(status.progress.filled)) of \(market.text(status.progress.total)))",
            features: status.features)
    }

    /// Fails where the supervisor stops it, and where there are more orders than can be: then the run stops.
    private mutating func place(_ placement: Placement, _ index: Int) -> Result<OrderID, PlacementRefusal> {
        var request = placement.request
        if let parent = placement.parent {
            request.parent = desk.entries[index].orders[parent.rawValue]
            if request.parent == .none { return .failure(PlacementRefusal(reason: .parentDone)) }
        }
        if placement.sharesGroup {
            if desk.entries[index].group == 0 { desk.setGroup(newGroup(), of: index) }
            request.group = desk.entries[index].group
        }
        guard let id = submit(request) else {
            return .failure(PlacementRefusal(reason: supervisorRefusal(request) ?? .notSent))
        }
        desk.bind(id, to: index, placement.child)
        if desk.entries[index].tag == AlgorithmRole.entry.rawValue { protect(id, request.side) }
        return .success(id)
    }

    // MARK: Seeing

    private func sample(for algorithm: any OrderAlgorithm, of strategy: Int) -> AlgorithmInstant {
        var markets: [MarketSample] = []
        for id in algorithm.instruments {
            if let market = sample(id, of: strategy) { markets.append(market) }
        }
        var values: [AlgorithmInput: Double] = [:]
        for input in algorithm.inputs {
            switch input {
            case .indicator(let node, let output):
                guard nodes.indices.contains(node), output >= 0,
                    output < nodes[node].instance.definition.outputs.count
                else { continue }
                values[input] = nodes[node].instance.output(output)
            case .external(let name):
                if let series = externals.index(named: name) {
                    values[input] = externals.value(series, at: now)
                } else {
                    values[input] = desk.external[name]
                }
            }
        }
        return AlgorithmInstant(time: now, markets: markets, values: values)
    }

    /// The strategy's own instrument by the bars that are its instants, others by their last price alone: finer bars of
    /// theirs may or may not be there, which must make no difference.
    private func sample(_ id: InstrumentID, of strategy: Int) -> MarketSample? {
        guard account.description.instruments.indices.contains(id.index) else { return nil }
        let instrument = account.description.instruments[id.index]
        let rules = instrument.rules(at: now)
        guard id == slots[strategy].instrument else {
            guard let close = lastBars[id.index].price else { return nil }
            return MarketSample(instrument, rules: rules, high: close, low: close, close: close, volume: .zero)
        }
        let finest = details[strategy].finestSeries
        guard let bar = bar(ago: 0, series: finest) else { return nil }
        let volume = Double(bar.volume.units) / scales[finest].volume * instrument.quantityScale
        return MarketSample(
            instrument, rules: rules, high: bar.high, low: bar.low, close: bar.close,
            volume: Quantity(units: volume < 9e18 ? Int64(volume) : .max))
    }
}
