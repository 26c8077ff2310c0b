internal import EventDelivery
internal import Grants
internal import Subprocess

/// Runs a program of the system, such as git or Graphviz, to its end.
///
/// It has a session and few variables of its own, and is ended with the task that waits for it.
struct OtherProgram {
    let name: String
    /// More is an error, and nothing of it is used.
    var outputLimit = 256 << 20

    /// What it has written, where it succeeded.
    enum Outcome {
        case success([UInt8])
        /// With what it said on standard error.
        case failure(String)
        /// The system has no program of the name.
        case missing
    }

    func run(_ arguments: [String], input: [UInt8] = []) async throws -> Outcome {
        do {
            let result = try await Subprocess.run(
                .name(name),
                arguments: Arguments(arguments),
                environment: ChildEnvironment().forSubprocess,
                platformOptions: Self.platformOptions,
                input: .inputWriter,
                output: .bytes(limit: outputLimit),
                error: .string(limit: 64 << 10)
            ) { execution in
                // A program may end without having read everything; its exit status says what came of it.
                _ = try? await execution.standardInputWriter.write(input)
                try? await execution.standardInputWriter.finish()
            }
            guard result.terminationStatus.isSuccess else {
                return .failure(Self.firstLine(of: result.standardError) ?? "it ended with \(result.terminationStatus)")
            }
            return .success(result.standardOutput)
        } catch let error as SubprocessError where error.code == .executableNotFound {
            return .missing
        } catch let error as SubprocessError where error.code == .outputLimitExceeded {
            throw CommandError(.failed, "too-much", "'\(name)' has written more than \(outputLimit >> 20) MiB")
        } catch let error as SubprocessError {
            throw CommandError(.failed, "program", "'\(name)' could not be run: \(error)")
        }
    }

    private static var platformOptions: PlatformOptions {
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [.send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero)]
        return options
    }

    private static func firstLine(of text: String) -> String? {
        text.split(separator: "\n").first.map { Console.printableLong(String($0)) }
    }
}
