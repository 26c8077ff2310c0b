internal import CMalloc
internal import Glibc
internal import GrantkeeperCommands

// A closed standard stream's number must not become a database's or a socket's.
for stream in 0...2 where fcntl(Int32(stream), F_GETFD) < 0 { _ = open("/dev/null", O_RDWR) }

// A reader that has gone (`| head`) is a failed write, not the end of a run that is half done.
signal(SIGPIPE, SIG_IGN)

// Swift's backtracer has taken them: it prints what stands in memory, tokens too, and a signal from outside, such as
// the watchdog's SIGABRT, it swallows, because it counts on the fault to come again.
for fatal in [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV] { signal(fatal, SIG_DFL) }

// A file named there would hold the keys of all that TLS carries. Before libcurl is loaded, and before any thread.
unsetenv("SSLKEYLOGFILE")

// As many heaps as threads that work at once: more keep what they had, and are not faster (docs/performance.md).
_ = cmalloc_set_most_arenas(3)

let arguments = Array(CommandLine.arguments.dropFirst())
let interruption = Interruption()
var environment = ProgramEnvironment.real()
environment.releaseSignals = { interruption.release() }
let work = Task.detached { [environment] in await Program.run(arguments, environment) }
interruption.cancel(work, at: [SIGINT, SIGTERM])
exit(await work.value)
