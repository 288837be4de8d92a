// SPDX-License-Identifier: Apache-2.0

import OrderManagement
import Trading
import VenueInterface

/// One venue's side of a session.
struct VenueLink: Sendable {
    let settings: VenueSettings
    var connector: any VenueConnector
    var manager: OrderManager
    /// Up to when the journal says that the books are complete.
    var recordedWatermark: Timestamp
    var isUp = false
    var wasUp = false
    var hasAskedForPast = false
    /// Whether the order manager has begun: before, nothing of the account is taken in.
    var hasBegun = false
    /// How far the venue's clock is ahead of ours.
    var clockOffset = TimeSpan.zero
    /// The latest time that the venue said in its market data.
    var latestTime = Timestamp.distantPast
    /// When its last message came, in monotonic time.
    var lastMessage: TimeSpan?
    var nextDeadManRefresh: TimeSpan?
    /// Empty where nothing is sent.
    var leverage = LeverageWatch()
    /// When the account was last asked for, in monotonic time.
    var snapshotAskedAt = TimeSpan.zero
    var isDeadManRefused = false
    var isDeadManArmed = false

    init(_ settings: VenueSettings, _ connector: any VenueConnector, _ manager: OrderManager) {
        self.settings = settings
        self.connector = connector
        self.manager = manager
        recordedWatermark = manager.watermark
    }

    mutating func sawTime(_ time: Timestamp) { if time > latestTime { latestTime = time } }
}
