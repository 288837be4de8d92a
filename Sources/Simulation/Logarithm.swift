// SPDX-License-Identifier: Apache-2.0

import Glibc

func logarithm(_ value: Double) -> Double { log(value) }
