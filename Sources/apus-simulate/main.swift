// SPDX-License-Identifier: Apache-2.0

import SessionSimulation

let seed = UInt64(CommandLine.arguments.dropFirst().first ?? "0") ?? 0
var plan = SimulationPlan(seed: seed, days: 1, faults: [])
let world = try SimulatedWorld(plan)
if CommandLine.arguments.contains("--trace") { world.trace = { print("\($0)  \($1)") } }
do {
    try world.run()
    print(world.totals)
} catch {
    for line in world.lastEvents { print(line) }
    print(error)
}
