// SPDX-License-Identifier: Apache-2.0

/// A mistake that a correct program does not make, built in at a seam to show that the simulation finds it.
public enum Defect: String, CaseIterable, Sendable, Hashable {
    case none
}
