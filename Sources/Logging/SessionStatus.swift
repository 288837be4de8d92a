// SPDX-License-Identifier: Apache-2.0

import Glibc
public import Trading

/// What a status line says of a session.
public struct SessionStatus: Sendable, Hashable {
    /// `paper`, `live`, …; with what is special about it: `live, paused`.
    public var mode: String
    public var equity: Amount?
    public var baseCurrency: String
    /// Since the session began, fees and funding included, transfers left out.
    public var profit: Amount?
    public var positions: Int
    public var openOrders: Int
    /// `up`, or what is wrong.
    public var link: String
    public var lastBarAge: TimeSpan?
    /// From the market event to the order's bytes.
    public var latency: (median: TimeSpan, high: TimeSpan)?
    /// How far a replay is, from 0 to 1.
    public var progress: Double?

    public init(
        mode: String, equity: Amount?, baseCurrency: String, profit: Amount?, positions: Int, openOrders: Int,
        link: String, lastBarAge: TimeSpan?, latency: (median: TimeSpan, high: TimeSpan)? = nil,
        progress: Double? = nil
    ) {
        self.mode = mode
        self.equity = equity
        self.baseCurrency = baseCurrency
        self.profit = profit
        self.positions = positions
        self.openOrders = openOrders
        self.link = link
        self.lastBarAge = lastBarAge
        self.latency = latency
        self.progress = progress
    }

    public static func == (left: Self, right: Self) -> Bool { left.text() == right.text() }
    public func hash(into hasher: inout Hasher) { hasher.combine(text()) }

    /// `live │ equity 1,204.31 USDC │ P&L +4.31 │ positions 1 │ orders 2 │ link up │ bar 12 s │ latency 45 µs, 120 µs`
    ///
    /// - Parameter width: Parts that do not fit are left out from the right; `nil` keeps all.
    public func text(width: Int? = nil) -> String {
        var parts = [mode]
        if let progress { parts.append("\(Int((min(max(progress, 0), 1) * 100).rounded(.down))) %") }
        if let equity { parts.append("equity \(Self.money(equity)) \(baseCurrency)") }
        if let profit { parts.append("P&L \(profit > .zero ? "+" : "")\(Self.money(profit))") }
        parts += ["positions \(positions)", "orders \(openOrders)", "link \(link)"]
        if let lastBarAge { parts.append("bar \(Self.span(lastBarAge)) ago") }
        if let latency { parts.append("p50 \(Self.span(latency.median)), p99 \(Self.span(latency.high))") }
        var line = ""
        for part in parts {
            let longer = line.isEmpty ? part : "\(line) │ \(part)"
            if let width, longer.count > width { break }
            line = longer
        }
        return line.isEmpty ? String(mode.prefix(max(0, width ?? 0))) : line
    }

    /// Two decimals, cut towards zero, with commas.
    public static func money(_ amount: Amount) -> String {
        let hundredths = amount.units / 10_000_000_000_000_000
        let digits = "\((hundredths / 100).magnitude)"
        var grouped = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { grouped += "," }
            grouped.append(digit)
        }
        let cents = "\((hundredths % 100).magnitude)"
        return (amount < .zero ? "-" : "") + grouped + "." + (cents.count < 2 ? "0" : "") + cents
    }

    /// In the largest unit that keeps two digits: `45 µs`, `12 s`, `3 h`.
    public static func span(_ span: TimeSpan) -> String {
        let units: [(String, Int64)] = [
            ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("min", 60_000_000_000), ("s", 1_000_000_000),
            ("ms", 1_000_000), ("µs", 1_000),
        ]
        let value = span.nanoseconds
        for (name, size) in units where value / size >= (name == "s" || name == "ms" || name == "µs" ? 1 : 2) {
            return "\(value / size) \(name)"
        }
        return "\(value) ns"
    }
}

/// Keeps one line up to date on a terminal; elsewhere prints it now and then.
public struct StatusPrinter: ~Copyable {
    private let descriptor: Int32
    private let isTerminal: Bool
    private let every: TimeSpan
    private var last: TimeSpan?
    private var isShown = false

    /// - Parameter every: How often a line is printed where `descriptor` is no terminal; a terminal's is renewed every
    ///   second.
    public init(descriptor: Int32 = 2, every: TimeSpan) {
        self.descriptor = descriptor
        self.every = every
        isTerminal = isatty(descriptor) == 1
    }

    /// Whether it is time for a new line, so that a status is made only when it is shown.
    ///
    /// - Parameter now: Monotonic time.
    public func isDue(at now: TimeSpan) -> Bool {
        guard let last else { return true }
        return now >= last + (isTerminal ? .seconds(1) : every)
    }

    public mutating func show(_ status: SessionStatus, at now: TimeSpan) {
        last = now
        if isTerminal {
            isShown = true
            write("\r\(status.text(width: width - 1))\u{1B}[K")
        } else {
            write(status.text() + "\n")
        }
    }

    /// Leaves the line as it is and the cursor below it.
    public mutating func end() {
        if isShown { write("\n") }
        isShown = false
    }

    private var width: Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 10 else { return 100 }
        return Int(size.ws_col)
    }

    /// What does not go through at once is left out: trading does not wait for a terminal.
    private func write(_ text: String) {
        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&ready, 1, 0) == 1, ready.revents & Int16(POLLOUT) != 0 else { return }
        var text = text
        text.withUTF8 { _ = Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}
