// SPDX-License-Identifier: Apache-2.0

import Trading

extension ConfigurationDecoder {
    mutating func venue(_ name: String, _ reader: SectionReader) -> VenueSettings {
        let kind: VenueSettings.Kind = reader.choice("type") ?? .hyperliquid
        let network: VenueSettings.Network = reader.choice("network") ?? .testnet
        let address =
            reader.text("url").flatMap { HostAddress($0, schemes: ["https"], localSchemes: ["http"]) }
            ?? Self.address(of: kind, network)
        let derived = HostAddress(
            scheme: address.isEncrypted ? "wss" : "ws", host: address.host, port: address.port)
        let stream = reader.text("stream_url").flatMap { HostAddress($0, schemes: ["wss"], localSchemes: ["ws"]) }
        if reader.has("stream_url"), !reader.has("url") {
            report(reader, "stream_url", "Requests would still go to \(address). Give 'url' too.")
        }
        if let account = reader.text("account"), account.lowercased() == reader.text("vault_address")?.lowercased() {
            report(reader, "vault_address", "It is the account itself. Remove it.")
        }
        if reader.has("dead_man_delay"), reader.text("dead_man_switch") == "off" {
            report(
                reader, "dead_man_delay",
                "It has no effect with 'dead_man_switch: off'. Remove it, or choose when_unprotected or always.")
        }
        return VenueSettings(
            name: name, type: kind, network: network, address: address, streamAddress: stream ?? derived,
            account: reader.text("account")?.lowercased(), vaultAddress: reader.text("vault_address")?.lowercased(),
            credentials: reader.text("credentials").flatMap(CredentialSource.init),
            usesWebSocketOrders: reader.boolean("websocket_orders"), orderExpiry: reader.duration("order_expiry"),
            clock: reader.chosen("clock"), certificateFile: reader.text("ca_file"),
            proxy: reader.text("proxy").flatMap {
                HostAddress($0, schemes: TextRule.proxySchemes, localSchemes: [])
            },
            candles: reader.text("candles").flatMap { try? Timeframe(parsing: $0) } ?? .oneMinute,
            staleAfter: reader.duration("stale_after") ?? .minutes(2),
            staleCandles: reader.integer("stale_candles") ?? 2, externalOrders: reader.chosen("external_orders"),
            reconcileEvery: reader.duration("reconcile_every") ?? .minutes(1),
            rateLimit: reader.integer("rate_limit") ?? 1200, deadManSwitch: reader.chosen("dead_man_switch"),
            deadManDelay: reader.duration("dead_man_delay") ?? .minutes(1),
            maximumClockSkew: reader.duration("max_clock_skew") ?? .seconds(5))
    }

    /// Source: Hyperliquid documentation, API servers, read 2026-11.
    private static func address(of kind: VenueSettings.Kind, _ network: VenueSettings.Network) -> HostAddress {
        switch (kind, network) {
        case (.hyperliquid, .mainnet): HostAddress(scheme: "https", host: "api.hyperliquid.xyz", port: nil)
        case (.hyperliquid, .testnet): HostAddress(scheme: "https", host: "api.hyperliquid-testnet.xyz", port: nil)
        }
    }

    /// Two programs that sign for one account with one key would use each other's nonces.
    mutating func checkVenues(_ venues: [VenueSettings], _ sections: [(key: String, reader: SectionReader)]) {
        for (index, section) in sections.enumerated() {
            let venue = venues[index]
            let twin = venues[..<index].first { other in
                other.address == venue.address && other.account != nil && other.account == venue.account
                    && other.vaultAddress == venue.vaultAddress
            }
            guard let twin else { continue }
            report(
                section.reader, "account", "'\(twin.name)' trades the same account there already. Remove one of them.")
        }
    }

    /// The venue that a strategy trades on, or `nil` where none is configured for its exchange.
    mutating func venueName(
        _ reader: SectionReader, exchange: String, venues: [VenueSettings]
    ) -> String? {
        let found = venue(of: reader, exchange: exchange, venues: venues)
        if let found, let timeframe = reader.timeframe("timeframe"), !timeframe.isMultiple(of: found.candles) {
            report(
                reader, "timeframe",
                "Bars of \(timeframe) are not made of whole candles of \(found.candles), as venues.\(found.name) has them."
            )
        }
        return found?.name
    }

    /// The venue that a section names, or the only one of its exchange.
    mutating func venue(of reader: SectionReader, exchange: String, venues: [VenueSettings]) -> VenueSettings? {
        guard !venues.isEmpty else {
            if let name = reader.text("venue") {
                report(reader, "venue", "There is no venue \(name.inMessage), since 'venues' is empty. Add it there.")
            }
            return nil
        }
        var found: VenueSettings? = nil
        if let name = reader.text("venue") {
            found = venues.first { $0.name == name }
            guard let found else {
                let near =
                    Suggestion.nearest(to: name, among: venues.map(\.name)).map { " Did you mean '\($0)'?" } ?? ""
                report(
                    reader, "venue", kind: .notAllowed,
                    "There is no venue \(name.inMessage).\(near) Known are \(venues.map(\.name).joined(separator: ", ", last: " and "))."
                )
                return nil
            }
            if found.type.rawValue != exchange {
                report(
                    reader, "exchange",
                    "The venue '\(found.name)' is of the type \(found.type.rawValue), the strategy's markets are named as on \(exchange). Make them agree."
                )
            }
        } else {
            let fitting = venues.filter { $0.type.rawValue == exchange }
            if fitting.count > 1 {
                report(
                    reader, "venue", kind: .missingKey,
                    "Several venues are of the type \(exchange): say which, \(fitting.map(\.name).joined(separator: ", ", last: " or "))."
                )
            }
            found = fitting.first
        }
        return found
    }

    func live(_ reader: SectionReader) -> LiveSettings {
        LiveSettings(
            instance: reader.text("instance") ?? "apus", journalFolder: reader.text("journal") ?? "./apus-journal",
            durability: reader.chosen("durability"), historyDays: reader.integer("history_days"),
            store: streams(reader),
            barGrace: reader.duration("bar_grace") ?? .seconds(2),
            staleAfter: reader.duration("stale_after") ?? .seconds(30), shutdown: reader.chosen("shutdown"),
            controlSocket: reader.text("control_socket"), statusEvery: reader.duration("status_every") ?? .minutes(1),
            busyPoll: reader.boolean("busy_poll"))
    }

    private func streams(_ reader: SectionReader) -> [LiveSettings.Stream] {
        guard let given = reader.node?["store"], given.scalar == nil else { return [.funding, .contexts] }
        let names = Set(given.elements.compactMap { $0.scalar?.text })
        return LiveSettings.Stream.allCases.filter { names.contains($0.rawValue) }
    }

    func logging(_ reader: SectionReader) -> LoggingSettings {
        let components = reader.section("components")
        return LoggingSettings(
            level: reader.chosen("level"),
            components: components.keys.map(\.name).sorted().compactMap { name in
                components.choice(name).map { LoggingSettings.ComponentLevel(component: name, level: $0) }
            },
            standardErrorLevel: reader.choice("stderr_level"), file: reader.text("file"),
            maximumMegabytes: reader.integer("max_megabytes") ?? 50, keep: reader.integer("keep") ?? 10)
    }

    mutating func limits(_ reader: SectionReader, strategies: [StrategySettings]) -> LimitSettings {
        let markets = strategies.flatMap(\.traded).map(\.market)
        let quantities = amounts(reader.node?["max_order_quantity"])
        let map = reader.section("max_order_quantity")
        for quantity in quantities where !markets.contains(where: { $0.isNamed(quantity.asset) }) {
            report(
                SectionReader(map.node, [], path: map.path, place: map.place), quantity.asset,
                "No strategy trades this market, so that the limit would protect nothing. Write the market's name as the strategy does."
            )
        }
        for (smaller, larger) in [
            ("max_order_notional", "max_position_notional"), ("max_position_notional", "max_venue_notional"),
            ("max_venue_notional", "max_total_notional"), ("max_position_notional", "max_total_notional"),
        ] {
            guard let small = reader.amount(smaller), let large = reader.amount(larger), small > large else { continue }
            report(
                reader, smaller,
                "\(small) is above \(larger), \(large), so that it would never be reached. Lower it, or raise the other."
            )
        }
        let deMinimis = reader.section("de_minimis")
        return LimitSettings(
            maximumOrderNotional: reader.amount("max_order_notional"),
            maximumOrderQuantities: quantities.map { .init(symbol: $0.asset, quantity: $0.amount) },
            maximumPositionNotional: reader.amount("max_position_notional"),
            maximumVenueNotional: reader.amount("max_venue_notional"),
            maximumTotalNotional: reader.amount("max_total_notional"), maximumLeverage: reader.amount("max_leverage"),
            priceCollar: reader.rate("price_collar") ?? .zero,
            maximumOrdersPerMinute: reader.integer("max_orders_per_minute") ?? 0,
            maximumOpenOrders: reader.integer("max_open_orders") ?? 0, dailyLoss: reader.amount("daily_loss"),
            minimumMarginLeft: reader.amount("min_margin_left") ?? .zero,
            deMinimis: .init(
                maximumPositionNotional: deMinimis.amount("max_position_notional") ?? .zero,
                maximumTotalNotional: deMinimis.amount("max_total_notional") ?? .zero,
                maximumOrdersPerMinute: deMinimis.integer("max_orders_per_minute") ?? 0,
                dailyLoss: deMinimis.amount("daily_loss") ?? .zero))
    }

    func promotion(_ reader: SectionReader) -> PromotionSettings {
        func criteria(_ name: String) -> PromotionSettings.Criteria {
            let section = reader.section(name)
            func reads(_ key: String) -> Bool { section.keys.contains { $0.name == key } }
            return .init(
                minimumTime: section.duration("min_time") ?? .zero, minimumDays: section.integer("min_days") ?? 0,
                minimumRoundTrips: reads("min_round_trips") ? section.integer("min_round_trips") : nil,
                maximumDrawdown: reads("max_drawdown") ? section.rate("max_drawdown") : nil,
                maximumDifference: reads("max_difference") ? section.rate("max_difference") : nil,
                minimumUptime: section.rate("min_uptime") ?? .zero,
                maximumFindings: section.integer("max_findings") ?? 0)
        }
        return PromotionSettings(
            paper: criteria("paper"), dryRun: criteria("dry_run"), deMinimis: criteria("de_minimis"))
    }
}
