// SPDX-License-Identifier: Apache-2.0

import Testing
import Trading

@testable import Simulation

@Suite struct SlippageTests {}
