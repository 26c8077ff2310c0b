internal import Glibc
internal import Grants

extension StoreGuard {
    /// How the guard is, for `doctor`.
    func lines(_ opened: Opened, now: Timestamp) throws -> [(ok: Bool, detail: String)] {
        guard let file else {
            return [
                (
                    false,
                    "off: a restored, older store would be worked on as if it were the present one; "
                        + "'store.high_water' names the file that tells them apart"
                )
            ]
        }
        var lines: [(ok: Bool, detail: String)] = []
        if let finding = opened.finding {
            lines.append((false, "everything is frozen, this may be a restored store: \(finding)"))
        }
        switch try file.read() {
        case .missing:
            if opened.finding == nil { lines.append((true, "\(file.path) is made by the first command that writes")) }
        case .unusable(let why):
            lines.append((false, "\(file.path): \(why)"))
        case .mark(let mark):
            let detail =
                "\(file.path) knows entry \(mark.head.seq) and checkpoint \(mark.checkpoint) at \(mark.at): "
                + "a store without them is frozen"
            lines.append((opened.finding == nil, detail))
        }
        if liesBesideStore(file) {
            lines.append((false, "\(file.path) lies in the store's directory, with which it would be restored"))
        }
        return lines
    }

    /// By what the names mean, links followed: the configuration compares only the names.
    private func liesBesideStore(_ file: HighWaterFile) -> Bool {
        guard let mark = Self.resolved(HighWaterFile.directory(of: file.path)),
            let store = Self.resolved(HighWaterFile.directory(of: path))
        else { return false }
        return mark == store || mark.hasPrefix(store == "/" ? store : store + "/")
    }

    private static func resolved(_ path: String) -> String? {
        guard let name = realpath(path, nil) else { return nil }
        defer { free(name) }
        return String(cString: name)
    }
}
