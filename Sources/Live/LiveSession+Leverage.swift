// SPDX-License-Identifier: Apache-2.0

import Engine
import Trading
import VenueInterface

// The leverage of the venues' markets: asked for, and entries wait until it is confirmed.
extension LiveSession {
    /// Sends the requests whose time has come.
    mutating func askLeverage(_ venue: Int) {
        guard links[venue].isUp else { return }
        let isCross = links[venue].leverage.isCross
        for request in links[venue].leverage.takeRequests(at: now.monotonic) {
            links[venue].connector.setLeverage(
                request.instrument, request.leverage, isCross: isCross, at: now, into: &scratch)
        }
    }

    mutating func receiveLeverage(_ instrument: InstrumentID, _ outcome: LeverageOutcome, from venue: Int) {
        if let news = links[venue].leverage.answered(instrument, outcome, at: now.monotonic) { tell(news, venue) }
    }

    /// Every reading of the account shows what positions are margined with; the first one after a link came back as well.
    mutating func compareLeverage(_ snapshot: AccountSnapshot, _ venue: Int) {
        let news = links[venue].leverage.compare(
            snapshot.leverages, read: links[venue].snapshotAskedAt, at: now.monotonic)
        for item in news { tell(item, venue) }
        if !news.isEmpty { askLeverage(venue) }
    }

    /// Why markets take no entries, in words.
    var leverageProblems: [String] {
        links.flatMap { link in link.leverage.problems.map { pauseText($0.instrument, $0.problem, link) } }
    }

    private func pauseText(_ instrument: InstrumentID, _ problem: String, _ link: VenueLink) -> String {
        let description = core.engine.account.description
        return
            "\(description.instruments[instrument.index].symbol): no entries until \(link.settings.name) confirms the "
            + "leverage of \(description.leverage[instrument.index]) \(LeverageWatch.name(link.leverage.isCross)): \(problem)"
    }

    private mutating func tell(_ news: LeverageWatch.News, _ venue: Int) {
        let text: String
        switch news {
        case .paused(let instrument, let problem): text = pauseText(instrument, problem, links[venue])
        case .confirmed(let instrument):
            let description = core.engine.account.description
            text =
                "\(description.instruments[instrument.index].symbol): the leverage of "
                + "\(description.leverage[instrument.index]) is confirmed, entries go on"
        }
        record(.note(component: "risk", text: text))
        if case .paused = news { log(.warning, .risk, venue, text) } else { log(.info, .risk, venue, text) }
    }
}
