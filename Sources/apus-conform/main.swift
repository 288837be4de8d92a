// SPDX-License-Identifier: Apache-2.0

import Conformance
import Glibc

exit(ConformanceCommand.run(Array(CommandLine.arguments.dropFirst())))
