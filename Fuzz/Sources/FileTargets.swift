// SPDX-License-Identifier: Apache-2.0

import Configuration
import DataStore
import MarketData
import Networking
import Promotion
import Trading
import VenueFaults

@testable import Credentials

@Sendable func fuzzRecording(_ bytes: [UInt8]) {
    withFile(bytes) { path in
        guard var reader = try? RecordingReader(path: path) else { preconditionFailure("the file cannot be opened") }
        while reader.next() != nil {}
        _ = reader.failure?.description
    }
}

@Sendable func fuzzConfiguration(_ bytes: [UInt8]) {
    do throws(ConfigurationProblem) {
        let document = try ConfigurationDocument(parsing: bytes, file: "fuzz")
        let check = ConfigurationCheck(of: document, strategyTypes: nil)
        precondition((check.configuration == nil) != check.problems.isEmpty, "neither values nor a problem")
        for problem in check.problems + check.warnings { _ = problem.description }
    } catch { _ = error.description }
}

/// The bytes as a vault's file and as what a vault holds once it is decrypted.
@Sendable func fuzzVault(_ bytes: [UInt8]) {
    do throws(CredentialError) {
        let sealed = try VaultFormat.Sealed(bytes, path: "fuzz")
        _ = (sealed.salt, sealed.nonce, sealed.check)
    } catch { _ = error.description }
    let secret = Secret(capacity: bytes.count) { room in
        room.copyBytes(from: bytes)
        return bytes.count
    }
    do throws(CredentialError) {
        let items = try VaultEntries.decode(secret, path: "fuzz")
        guard let again = try? VaultEntries.decode(VaultEntries.encode(items), path: "fuzz"),
            again.map(\.entry) == items.map(\.entry)
        else { preconditionFailure("what was written of a vault reads differently") }
    } catch { _ = error.description }
}

@Sendable func fuzzBars(_ bytes: [UInt8]) {
    withFile(bytes) { path in
        do throws(ImportError) { _ = try BarImporter.read(path: path) } catch { _ = error.description }
        let options = ImportOptions(timeframe: .oneMinute, stamp: .close, ordering: .sort)
        do throws(ImportError) { _ = try BarImporter.read(path: path, options: options) } catch {
            _ = error.description
        }
    }
}

/// The first byte says which kind of series the rest is.
@Sendable func fuzzSeries(_ bytes: [UInt8]) {
    let kinds = SeriesKind.allCases.filter { $0 != .bars }
    guard let first = bytes.first else { return }
    withFile(Array(bytes.dropFirst())) { path in
        do throws(ImportError) {
            _ = try RecordImporter.read(
                path: path, kind: kinds[Int(first) % kinds.count],
                options: ImportOptions(ordering: first < 128 ? .refuse : .sort))
        } catch { _ = error.description }
    }
}

@Sendable func fuzzPromotion(_ bytes: [UInt8]) {
    do throws(PromotionHistoryError) { _ = try PromotionHistory(decoding: bytes) } catch { _ = error.description }
    do throws(SummaryError) {
        let summary = try SessionSummary(decoding: bytes)
        precondition((try? SessionSummary(decoding: summary.encoded())) == summary, "a summary reads differently")
    } catch { _ = error.description }
}

@Sendable func fuzzFaults(_ bytes: [UInt8]) {
    do throws(FaultError) {
        let rules = try FaultRule.script(bytes)
        var plan = FaultPlan(rules: rules, seed: 1)
        for second in 0..<Int64(5) {
            let time = TimeSpan.seconds(second)
            _ = (
                plan.message(at: time), plan.connection(at: time), plan.clockSkew(at: time), plan.nextEvent(after: time)
            )
            _ = plan.request(.place, at: time)
        }
    } catch { _ = error.description }
    do throws(FaultError) { _ = try FaultRule(parsing: String(decoding: bytes, as: UTF8.self)) } catch {
        _ = error.description
    }
}

/// What pages answer that are asked for series from outside. The first byte says how it is read.
@Sendable func fuzzPage(_ bytes: [UInt8]) {
    guard let how = bytes.first else { return }
    let picks = [
        ExternalPick(value: "value", time: "time"), ExternalPick(rows: "data", value: "value", time: "timestamp"),
        ExternalPick(rows: "data.-1.rows", value: "1", time: "0"), ExternalPick(rows: ".", value: ".", time: "."),
    ]
    let received = Timestamp(seconds: 1_700_000_000)
    do throws(ExternalProblem) {
        let answer = try ExternalAnswer(
            reading: Array(bytes.dropFirst()), picks[Int(how % 4)], receivedAt: received, saysItsLength: how < 128)
        if let newest = answer.newest {
            precondition(newest.value.isFinite, "a value is not finite")
            precondition(newest.knownAt >= received, "it was known before it came")
        }
        _ = answer.problems.map(\.description)
    } catch { _ = error.description }
}
