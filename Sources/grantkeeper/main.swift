internal import Dispatch
internal import Glibc
internal import GrantkeeperCommands

/// Ends the work at SIGINT and SIGTERM: what is in hand is finished or undone, then the program ends.
nonisolated func cancel(_ work: Task<Int32, Never>, at number: Int32) -> any DispatchSourceSignal {
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler { work.cancel() }
    source.resume()
    return source
}

// A closed standard stream's number must not become a database's or a socket's.
for stream in 0...2 where fcntl(Int32(stream), F_GETFD) < 0 { _ = open("/dev/null", O_RDWR) }

// A reader that has gone (`| head`) is a failed write, not the end of a run that is half done.
signal(SIGPIPE, SIG_IGN)

let arguments = Array(CommandLine.arguments.dropFirst())
let work = Task.detached { await Program.run(arguments, .real()) }
let sources = [cancel(work, at: SIGINT), cancel(work, at: SIGTERM)]
let status = await work.value
withExtendedLifetime(sources) { exit(status) }
