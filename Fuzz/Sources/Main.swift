// SPDX-License-Identifier: Apache-2.0

import Glibc

/// One parser of bytes that come from outside, as libFuzzer calls it: whatever the bytes are, it returns.
typealias FuzzTarget = @Sendable ([UInt8]) -> Void

/// Every target by its name. One program holds all of them; `APUS_FUZZ_TARGET` names the one that it runs.
let targets: [String: FuzzTarget] = [
    "json": fuzzJSON,
    "message": fuzzMessage,
    "answer": fuzzAnswer,
    "connector": fuzzConnector,
    "simulator": fuzzSimulator,
    "journal": fuzzJournal,
    "record": fuzzRecord,
    "control": fuzzControl,
    "recording": fuzzRecording,
    "configuration": fuzzConfiguration,
    "vault": fuzzVault,
    "bars": fuzzBars,
    "series": fuzzSeries,
    "promotion": fuzzPromotion,
    "texts": fuzzTexts,
    "faults": fuzzFaults,
    "page": fuzzPage,
]

private let target: FuzzTarget = {
    let name = getenv("APUS_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = targets[name] else {
        print("apus-fuzz: APUS_FUZZ_TARGET names one of: \(targets.keys.sorted().joined(separator: " "))")
        exit(2)
    }
    return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}

private typealias TestOneInput = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
private typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<Arguments>, _ body: TestOneInput
) -> CInt

/// The package manager gives an executable's `main` this name.
@_cdecl("apus_fuzz_main")
public func start(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    if count == 2, arguments[1].map({ String(cString: $0) }) == "--list" {
        print(targets.keys.sorted().joined(separator: "\n"))
        return 0
    }
    var count = count
    var arguments = arguments
    return runDriver(&count, &arguments, testOneInput)
}

/// The system's memory file, whose header the C library's module leaves out.
@_silgen_name("memfd_create")
private func memoryFile(_ name: UnsafePointer<CChar>, _ flags: CUnsignedInt) -> CInt

/// Hands bytes to a parser that reads files, through a file that lies in memory.
func withFile(_ bytes: [UInt8], _ body: (String) -> Void) {
    let descriptor = memoryFile("apus-fuzz", 0)
    precondition(descriptor >= 0, "a file in memory cannot be made")
    defer { close(descriptor) }
    var place = 0
    while place < bytes.count {
        let written = bytes.withUnsafeBytes {
            write(descriptor, $0.baseAddress.map { $0 + place }, bytes.count - place)
        }
        precondition(written > 0, "a file in memory cannot be written")
        place += written
    }
    body("/proc/self/fd/\(descriptor)")
}
