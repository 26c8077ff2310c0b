import Grants
import RotationWorker
import SQLiteStore
import Testing

/// Events leave in order, at least once, and an acknowledgement starts clocks.
@Suite struct DeliveryTests {
    private func noticed() async throws -> Rig {
        let rig = try await Rig()
        rig.settings.policy.defaults.notice = .days(7)
        try await rig.add([idleGrant("g-1"), idleGrant("g-2")])
        try await rig.rotate()
        return rig
    }

    @Test func `a sink that took the events and did not say so gets the same ones again`() async throws {
        let rig = try await noticed()
        rig.sink.fail(times: 1)
        let first = try await rig.deliver()
        #expect(first.map(\.delivered) == [0] && first[0].failure != nil)
        let second = try await rig.deliver()
        #expect(second.map(\.delivered) == [2])
        let batches = rig.sink.batches
        #expect(batches.count == 2 && batches[0] == batches[1])
        let third = try await rig.deliver()
        #expect(third.map(\.delivered) == [0] && rig.sink.batches.count == 2)
    }

    @Test func `a notice that does not say what it is about is not delivered, and its sink says so, and no other`()
        async throws
    {
        let rig = try await Rig()
        _ = try await rig.store.write { try $0.append(Event("grant.noticed", at: start), about: nil) }
        let lines = try await rig.deliver()
        #expect(lines.map(\.delivered) == [0])
        #expect(lines[0].failure?.message.contains("is a 'grant.noticed' without provider, grant or time") == true)
        #expect(rig.sink.batches.isEmpty)
        let id = rig.sink.settings.id
        let cursor = try await rig.store.read { try $0.sinkCursor(id) }
        #expect(cursor?.seq == 0 && cursor?.failures == 1)
        // Who starts no clock by it gets it as it is, behind the one that fails.
        let log = RecordingSink("log")
        try await rig.deliver([rig.sink, log])
        #expect(log.batches.count == 1)
    }

    @Test func `a notice counts from the acknowledgement, not from the failure before it`() async throws {
        let rig = try await noticed()
        rig.sink.fail(times: 1)
        try await rig.deliver()
        var clock = try await rig.grant("g-1")?.grant.clockFrom
        #expect(clock == nil)
        rig.clock.advance(by: .hours(3))
        try await rig.deliver()
        clock = try await rig.grant("g-1")?.grant.clockFrom
        #expect(clock == start + .hours(3))
    }

    @Test func `the late acknowledgement of an older notice does not start the present one's clock`() async throws {
        let rig = try await noticed()
        rig.clock.advance(by: .days(1))
        try await rig.ingest(#"{"feed":"hand","at":"\#(rig.clock.now())","grant":"g-1"}"#)
        try await rig.rotate()
        rig.clock.advance(by: .days(100))
        try await rig.change("g-1") { $0.grant.observedUntil = start + .days(101) }
        try await rig.rotate()
        let present = try #require(try await rig.grant("g-1")?.grant)
        #expect(present.standing == .noticed && present.announcedAt == start + .days(101))
        let (key, now) = (present.key, rig.clock.now())
        for (announced, clock) in [(start, nil), (now, now)] {
            try await rig.store.write {
                try $0.startClock(of: key, standing: .noticed, announcedAt: announced, at: now)
            }
            let counted = try await rig.grant("g-1")?.grant.clockFrom
            #expect(counted == clock)
        }
    }

    @Test func `a sink that does not notify starts no clock`() async throws {
        let rig = try await noticed()
        let log = RecordingSink("log")
        try await rig.deliver([log])
        #expect(log.batches.count == 1)
        let clock = try await rig.grant("g-1")?.grant.clockFrom
        #expect(clock == nil)
    }

    @Test func `a sink that fails holds up only itself`() async throws {
        let rig = try await noticed()
        let broken = RecordingSink("broken")
        let sound = RecordingSink("sound")
        broken.fail(times: 100)
        for _ in 0..<3 { try await rig.deliver([broken, sound]) }
        #expect(sound.batches.count == 1)
        let (failures, seq) = try await rig.store.read {
            (try $0.sinkCursor("broken")?.failures, try $0.sinkCursor("broken")?.seq)
        }
        #expect(failures == 3 && seq == 0)
    }

    @Test func `an event leaves with its id and the subject's name, never with a token`() async throws {
        let rig = try await Rig()
        try await rig.add([idleGrant("g-1") { $0.subject = "u-17" }])
        try await rig.rotate()
        try await rig.deliver()
        let event = try #require(rig.sink.batches.first?.first)
        let text = String(decoding: event.json, as: UTF8.self)
        #expect(event.type == "grant.revoking" && text.contains(#""subject":"u-17""#) && text.contains(#""id":"id-"#))
        #expect(!text.contains("rt-g-1") && !text.contains("subject_ref"))
        let stored = try await rig.store.read { try $0.journal(after: 0, limit: 1).first?.body ?? [] }
        #expect(!stored.contains(Array("u-17".utf8)))
    }
}
