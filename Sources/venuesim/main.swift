// SPDX-License-Identifier: Apache-2.0

import Glibc
import VenueServer

exit(VenueProgram.run(Array(CommandLine.arguments.dropFirst())))
