import Dispatch
import Synchronization
import Testing

@testable import RotationWorker

@Suite struct HandoverTests {
    private struct Broken: Error {}

    @Test(arguments: [1, 3]) func `batches arrive in their order, and then nil for ever`(capacity: Int) throws {
        let handover = Handover<Int>(capacity: capacity)
        let giver = DispatchGroup()
        DispatchQueue(label: "giver").async(group: giver) {
            for number in 0..<100 { #expect(handover.give([number, number])) }
            handover.close()
        }
        for number in 0..<100 {
            let batch = try handover.take()
            #expect(batch == [number, number])
        }
        let (end, again) = (try handover.take(), try handover.take())
        #expect(end == nil && again == nil)
        giver.wait()
    }

    @Test func `a failure comes after what was given`() throws {
        let handover = Handover<Int>(capacity: 2)
        #expect(handover.give([1]))
        handover.close(failure: Broken())
        let batch = try handover.take()
        #expect(batch == [1])
        #expect(throws: Broken.self) { _ = try handover.take() }
    }

    @Test func `who gives is let go when nobody takes any more`() {
        let handover = Handover<Int>(capacity: 1)
        let refused = Mutex(0)
        let giver = DispatchGroup()
        DispatchQueue(label: "giver").async(group: giver) {
            while handover.give([1]) {}
            refused.withLock { $0 += 1 }
        }
        handover.abandon()
        giver.wait()
        #expect(refused.withLock { $0 } == 1)
    }
}
