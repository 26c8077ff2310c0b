internal import Dispatch
internal import Glibc
internal import GrantkeeperCommands

// A reader that has gone (`| head`) is an error of a write, not the end of a run that is half done.
signal(SIGPIPE, SIG_IGN)

let arguments = Array(CommandLine.arguments.dropFirst())
let work = Task { await Program.run(arguments, .real()) }
let signals = [SIGINT, SIGTERM].map { number in
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number)
    source.setEventHandler { work.cancel() }
    source.resume()
    return source
}
let status = await work.value
withExtendedLifetime(signals) {}
exit(status)
