// SPDX-License-Identifier: Apache-2.0

import SessionSimulation

do throws(ArgumentError) {
    let arguments = try SimulateArguments(Array(CommandLine.arguments.dropFirst()))
    SimulateCommand(arguments).run()
} catch {
    SimulateCommand.fail("\(error.description)\n\n\(SimulateArguments.help)")
}
