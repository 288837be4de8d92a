// SPDX-License-Identifier: Apache-2.0

import Glibc
public import Trading

/// The point of control and the value area of one profile.
public struct ProfileLevels: Sendable, Equatable, BitwiseCopyable {
    public let time: Timestamp
    public let pointOfControlBin: Int
    public let lowestBin: Int
    public let highestBin: Int
    /// The geometric middle of the bin with the most volume; of equals the lowest.
    public let pointOfControl: Double
    /// The upper edge of the value area's highest bin (VAH).
    public let valueAreaHigh: Double
    /// The lower edge of the value area's lowest bin (VAL).
    public let valueAreaLow: Double
    public let valueAreaVolume: Double
    public let totalVolume: Double

    init(
        time: Timestamp, pointOfControlBin: Int, valueAreaBins: ClosedRange<Int>, binWidth: Double,
        valueAreaVolume: Double, totalVolume: Double
    ) {
        self.time = time
        self.pointOfControlBin = pointOfControlBin
        lowestBin = valueAreaBins.lowerBound
        highestBin = valueAreaBins.upperBound
        pointOfControl = exp((Double(pointOfControlBin) + 0.5) * binWidth)
        valueAreaHigh = exp(Double(valueAreaBins.upperBound + 1) * binWidth)
        valueAreaLow = exp(Double(valueAreaBins.lowerBound) * binWidth)
        self.valueAreaVolume = valueAreaVolume
        self.totalVolume = totalVolume
    }

    public var reason: String {
        "POC \(text(pointOfControl)), value area \(text(valueAreaLow)) to \(text(valueAreaHigh)) with "
            + "\(text(100 * valueAreaVolume / totalVolume, decimals: 1)) % of volume \(text(totalVolume))"
    }
}

/// A level of a profile that a price is near to.
public struct KeyLevel: Sendable, Equatable, BitwiseCopyable {
    public enum Kind: String, Sendable, BitwiseCopyable {
        case pointOfControl = "POC"
        case valueAreaHigh = "VAH"
        case valueAreaLow = "VAL"
    }

    public let kind: Kind
    public let price: Double
    /// (asked price − level) / level.
    public let distance: Double

    public var reason: String {
        "\(kind.rawValue) \(text(price)) (\(text(100 * abs(distance), decimals: 2)) % "
            + (distance < 0 ? "above the price)" : "below the price)")
    }
}
