// SPDX-License-Identifier: Apache-2.0

import Execution
import Testing

struct OrderStateMachineTests {
    /// What every event does to every status. The columns are in the order of `events`.
    ///
    /// A letter is the status it becomes: I initialized, D denied, H held, S submitted, R rejected, A accepted,
    /// T triggered, P partially filled, U pending update, C pending cancel, F filled, X canceled, E expired.
    /// `-` nothing changes, `<` back to what it was, `L` a late fill that counts, `!` reconcile.
    private static let table: [(OrderStatus, String)] = [
        //                  den hol sub acc rej tri par fil can exp rqU upd rjU rqC rjC
        (.initialized, "     D   H   S   !   !   !   !   !   X   !   !   !   !   !   !"),
        (.denied, "          !   !   !   !   !   !   !   !   !   !   !   !   !   !   !"),
        (.held, "            !   !   S   A   R   T   P   F   X   E   -   -   -   C   -"),
        (.submitted, "       !   H   -   A   R   T   P   F   X   E   U   -   -   C   -"),
        (.rejected, "        !   !   !   -   -   -   L   L   -   -   -   -   -   -   -"),
        (.accepted, "        !   !   -   -   R   T   P   F   X   E   U   -   -   C   -"),
        (.triggered, "       !   !   -   -   R   T   P   F   X   E   U   -   -   C   -"),
        (.partiallyFilled, " !   !   -   -   R   -   P   F   X   E   U   -   -   C   -"),
        (.pendingUpdate, "   !   -   -   -   R   -   -   F   X   E   -   <   <   C   -"),
        (.pendingCancel, "   !   -   -   -   R   -   -   F   X   E   -   -   -   -   <"),
        (.filled, "          !   !   !   -   !   -   !   !   -   -   -   -   -   -   -"),
        (.canceled, "        !   !   !   -   -   -   L   L   -   -   -   -   -   -   -"),
        (.expired, "         !   !   !   -   -   -   L   L   -   -   -   -   -   -   -"),
    ]

    private static let events: [OrderEvent] = [
        .deny, .hold, .submit, .accept, .reject, .trigger, .partialFill, .fill, .cancel, .expire, .requestUpdate,
        .update,
        .rejectUpdate, .requestCancel, .rejectCancel,
    ]

    private static func transition(_ letter: Substring) -> OrderTransition? {
        switch letter {
        case "D": .to(.denied)
        case "H": .to(.held)
        case "S": .to(.submitted)
        case "R": .to(.rejected)
        case "A": .to(.accepted)
        case "T": .to(.triggered)
        case "P": .to(.partiallyFilled)
        case "U": .to(.pendingUpdate)
        case "C": .to(.pendingCancel)
        case "F": .to(.filled)
        case "X": .to(.canceled)
        case "E": .to(.expired)
        case "-": .stay
        case "<": .resume
        case "L": .lateFill
        case "!": .reconcile
        default: nil
        }
    }

    @Test func everyStatusAnswersEveryEventAsTheTableSays() throws {
        #expect(Set(Self.events) == Set(OrderEvent.allCases))
        #expect(Set(Self.table.map(\.0)) == Set(OrderStatus.allCases))
        var cells = 0
        for (status, row) in Self.table {
            let letters = row.split(separator: " ")
            #expect(letters.count == 15)
            for (event, letter) in zip(Self.events, letters) {
                let expected = try #require(Self.transition(letter))
                #expect(status.next(on: event) == expected, "\(status) on \(event)")
                cells += 1
            }
        }
        #expect(cells == 13 * 15)
    }

    @Test func finalStatesStayFinal() {
        let final: Set<OrderStatus> = [.denied, .rejected, .filled, .canceled, .expired]
        for status in OrderStatus.allCases {
            #expect(status.isFinal == final.contains(status))
            guard status.isFinal else { continue }
            for event in OrderEvent.allCases {
                if case .to(let next) = status.next(on: event) { Issue.record("\(status) became \(next) on \(event)") }
                #expect(status.next(on: event) != .resume)
            }
        }
    }

    @Test func aWorkingOrderIsOneTheVenueCanFill() {
        let working: Set<OrderStatus> = [.accepted, .triggered, .partiallyFilled, .pendingUpdate, .pendingCancel]
        for status in OrderStatus.allCases {
            #expect(status.isWorking == working.contains(status))
            guard status.isWorking else { continue }
            #expect(status.next(on: .fill) == .to(.filled))
            #expect(status.next(on: .cancel) == .to(.canceled))
        }
    }

    /// Nothing leads to a status that no order could be in, and every status can be reached.
    @Test func everyStatusIsReachable() {
        var reached: Set<OrderStatus> = [.initialized]
        var open: [OrderStatus] = [.initialized]
        while let status = open.popLast() {
            for event in OrderEvent.allCases {
                if case .to(let next) = status.next(on: event), reached.insert(next).inserted { open.append(next) }
            }
        }
        #expect(reached == Set(OrderStatus.allCases))
    }
}
