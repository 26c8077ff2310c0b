internal import EventDelivery
internal import Glibc

/// Asks git, where there is one, what it calls the state of a directory.
enum GitCheckout {
    /// The short revision of a directory that is exactly what was committed; nil: it is not, or git does not say.
    static func cleanRevision(of path: String) -> String? {
        guard let changes = run(["status", "--porcelain", "--", "."], in: path), changes.isEmpty,
            let line = run(["log", "-1", "--format=%h", "--", "."], in: path)
        else { return nil }
        let revision = line.prefix { $0 != "\n" }
        let isRevision = (4...64).contains(revision.count) && revision.allSatisfy { $0.isHexDigit && $0.isASCII }
        return isRevision ? String(revision) : nil
    }

    /// What git prints; nil: it did not succeed.
    private static func run(_ arguments: [String], in path: String) -> String? {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        // No lock is taken, no hook and no pager is run.
        let words = ["git", "--no-optional-locks", "--no-pager", "-c", "core.fsmonitor=false", "-C", path] + arguments
        var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        pointers.append(nil)
        defer {
            for pointer in pointers { free(pointer) }
        }
        var variables: [UnsafeMutablePointer<CChar>?] = ChildEnvironment().variables.map { strdup("\($0)=\($1)") }
        variables.append(nil)
        defer {
            for variable in variables { free(variable) }
        }
        var child: pid_t = 0
        let result = posix_spawnp(&child, "git", &actions, nil, pointers, variables)
        close(ends[1])
        guard result == 0 else { return nil }
        let output = read(ends[0])
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return status == 0 ? output : nil
    }

    private static func read(_ descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            // More says no more than that something has changed.
            if bytes.count < 65_536 { bytes += buffer[..<count] }
        }
    }
}
