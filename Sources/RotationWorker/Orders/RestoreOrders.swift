package import Grants

/// What the restore guard does to a store: a freeze of everything that only a thaw of everything ends.
package enum RestoreOrders {
    /// Freezes everything for what was found, unless the guard has done so already.
    ///
    /// False: it was frozen by the guard before, and nothing was written.
    @discardableResult
    package static func freeze(
        _ store: any GrantStore,
        finding words: String,
        actor: Actor,
        at now: Timestamp
    ) async throws -> Bool {
        try await store.write { writing in
            let isFrozen = try writing.freezes().contains { $0.selection.isAll }
            if isFrozen, try writing.setting(RestoreGuard.freezeSetting) != nil { return false }
            let reason = RestoreGuard.reasonPrefix + words
            try writing.setFreeze(Freeze(selection: GrantSelection(), reason: reason, since: now))
            try writing.setSetting(RestoreGuard.freezeSetting, words)
            var event = Event(Event.Kind.workerFrozen, at: now)
            event.reason = reason
            event.actor = actor
            try writing.append(event, about: nil)
            return true
        }
    }
}
