import Grants

@testable import oracle

/// Tells people what was announced, as slowly as the world says.
final class WorldSink: EventSink {
    let settings: SinkSettings
    private let watch: Watch

    init(_ watch: Watch, isTold: Bool) {
        self.watch = watch
        var settings = SinkSettings(id: "people", kind: .file(path: "none"))
        settings.notifies = isTold
        settings.enforces = isTold
        self.settings = settings
    }

    func deliver(_ events: [OutgoingEvent]) async throws(SinkError) {
        for event in events { watch.told(WatchedEvent(event)) }
    }
}
