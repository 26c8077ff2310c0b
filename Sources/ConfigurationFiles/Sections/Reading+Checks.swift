internal import Grants

extension Reading {
    /// What no section can see alone: periods that need a sink.
    func check(_ read: ReadPolicy, sinks: [SinkSettings], sinksAreComplete: Bool) {
        guard sinksAreComplete else { return }
        if !sinks.contains(where: \.enforces) {
            for placed in read.changes {
                guard case .quarantine(let period) = placed.change, period > .zero else { continue }
                placed.value.report(
                    "'\(placed.value.name)' is more than 0s, but no sink has 'enforces: true', "
                        + "so nobody would refuse a quarantined grant",
                    hint: "mark the sink whose receiver refuses such grants, or write 0s"
                )
            }
        }
        guard read.policy.mode == .enforce, !sinks.contains(where: \.notifies) else { return }
        let consequence = "so nothing is ended after a notice (nobody-told)"
        let hint = "mark the sink that tells the owners, or write 0s"
        var isDefaultGiven = false
        for placed in read.changes {
            guard case .notice(let period) = placed.change else { continue }
            if placed.value.name == "rotation.default.notice" { isDefaultGiven = true }
            guard period > .zero else { continue }
            warn(
                at: placed.value.place,
                "'\(placed.value.name)' is more than 0s, but no sink has 'notifies: true', \(consequence)",
                hint: hint
            )
        }
        if !isDefaultGiven, read.policy.defaults.notice > .zero, let modePlace = read.modePlace {
            warn(
                at: modePlace,
                "'rotation.default.notice' is \(read.policy.defaults.notice.typed) by default, "
                    + "but no sink has 'notifies: true', \(consequence)",
                hint: hint
            )
        }
    }

    /// A restored copy of the store's directory must not bring the old guard along.
    func check(highWater: YAMLValue?, _ highWaterPath: String?, beside storePath: String?) {
        guard let highWater, let highWaterPath, let storePath else { return }
        let directory = Self.directory(of: storePath)
        guard Self.directory(of: highWaterPath) == directory || highWaterPath.hasPrefix(directory + "/")
        else { return }
        warn(
            at: highWater.place,
            "'\(highWater.name)' lies in the directory of 'store.sqlite', with which it would be restored",
            hint: "keep it elsewhere, so that a restored store is noticed"
        )
    }

    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
