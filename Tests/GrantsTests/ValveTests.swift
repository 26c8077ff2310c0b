import Grants
import Testing

@Suite struct ValveTests {
    @Test(
        arguments: [
            (.init(planned: 10, liveNow: 50), nil), (.init(planned: 11, liveNow: 200), nil),
            (.init(planned: 11, liveNow: 100), .share), (.init(planned: 10, liveNow: 100), nil),
            (.init(planned: 3, liveNow: 5), .half), (.init(planned: 2, liveNow: 2), nil),
            (.init(planned: 3, liveNow: 6), nil), (.init(planned: 1_001, liveNow: 1_000_000), .max),
            (.init(planned: 1_000, liveNow: 1_000_000), nil), (.init(planned: 7, liveNow: 7), .half),
        ] as [(Valve.Load, Valve.Excess?)]
    )
    func `a partition is held above share and number, above half, or above the maximum`(
        load: Valve.Load,
        excess: Valve.Excess?
    ) {
        #expect(Valve().excess(load) == excess)
    }

    @Test func `the ends of the rolling window count, and so does what was live before them`() {
        let valve = Valve()
        #expect(valve.excess(.init(planned: 6, recent: 6, liveNow: 94, endedInWindow: 6)) == .share)
        #expect(valve.excess(.init(planned: 6, recent: 0, liveNow: 94, endedInWindow: 6)) == nil)
    }

    @Test func `with nothing planned nothing is held`() {
        #expect(Valve().excess(.init(planned: 0, recent: 5_000, liveNow: 10)) == nil)
    }

    @Test func `seven idle grants of each of 220 tenants pass no tenant's valve and are held in all`() {
        #expect(Valve().excess(.init(planned: 7, liveNow: 100)) == nil)
        #expect(Valve.total.excess(.init(planned: 1_540, liveNow: 22_000)) == .max)
        #expect(Valve.total.excess(.init(planned: 770, liveNow: 11_000)) == .share)
    }
}
