internal import ArgumentParser
internal import FoundationEssentials
internal import Glibc
internal import Grants

struct Init: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write a commented starter configuration and a key.",
        discussion: "Refuses to overwrite anything."
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: ArgumentHelp("Where; made if it is not there.", valueName: "dir"))
    var directory = "."

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let console = Console(environment)
        let key = Data(environment.random(32)).base64EncodedString()
        let files: [(name: String, bytes: [UInt8], mode: mode_t)] = [
            ("grantkeeper.yaml", PackageResources.grantkeeper_yaml, 0o644),
            ("store.key", Array("\(key)\n".utf8), 0o600),
            ("schedules/expire-nightly.yaml", PackageResources.expire_nightly_yaml, 0o644),
            ("schedules/revalidate.yaml", PackageResources.revalidate_yaml, 0o644),
            ("schedules/audit-checkpoint.yaml", PackageResources.audit_checkpoint_yaml, 0o644),
            ("schedules/purge-weekly.yaml", PackageResources.purge_weekly_yaml, 0o644),
        ]
        for file in files where access(path(file.name), F_OK) == 0 {
            throw CommandError(
                .failed,
                "exists",
                "'\(path(file.name))' exists, and nothing is overwritten",
                hint: "choose another directory"
            )
        }
        try make(directory, mode: 0o755)
        for (name, mode) in [("state", 0o700), ("guard", 0o700), ("schedules", 0o755)] {
            try make(path(name), mode: mode_t(mode))
        }
        for file in files { try write(file.bytes, to: path(file.name), mode: file.mode) }
        if !common.json {
            for file in files { console.line("wrote \(path(file.name))") }
            console.line("next: name your authorization server in \(path("grantkeeper.yaml")), then")
            console.line("  grantkeeper doctor --config \(path("grantkeeper.yaml"))")
        } else {
            console.json(Array("{\"config\":\"\(Console.printable(path("grantkeeper.yaml")))\"}".utf8))
        }
        return .success
    }

    private func path(_ name: String) -> String {
        directory == "." ? name : directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
    }

    private func make(_ path: String, mode: mode_t) throws {
        if mkdir(path, mode) != 0, errno != EEXIST { throw failure(path) }
    }

    private func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count == bytes.count, fsync(descriptor) == 0 else { throw failure(path) }
    }

    private func failure(_ path: String) -> CommandError {
        CommandError(.failed, "unwritable", "'\(path)' cannot be written: \(String(cString: strerror(errno)))")
    }
}
