// The C module brings its own view of the thread types.
internal import CCurl
import Glibc
import HTTPTransport

/// The thread that a loop lives on.
enum LoopThread {
    /// Starts a thread that runs until the mailbox is told to stop.
    static func start(options: CurlTransport.Options) throws(HTTPFailure) -> Mailbox {
        let mailbox = Mailbox()
        let loop = try TransferLoop(mailbox: mailbox, options: options)
        // The thread takes this reference over, and with it all of the loop.
        let handedOver = unsafe Unmanaged.passRetained(loop)
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        // Nobody joins: who waits is told by the mailbox, without holding up a thread.
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        guard unsafe pthread_create(&thread, &attributes, threadMain, handedOver.toOpaque()) == 0 else {
            unsafe handedOver.release()
            throw HTTPFailure(.other, operation: "setup", host: "", message: "the transport's thread cannot start")
        }
        return mailbox
    }
}

private func threadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    // The process's signals are for other threads; a SIGPIPE of this one stays blocked and harms nobody.
    var everySignal = sigset_t()
    unsafe sigfillset(&everySignal)
    unsafe pthread_sigmask(SIG_BLOCK, &everySignal, nil)
    let mailbox = unsafe runLoop(context)
    mailbox.end()
    return nil
}

/// Runs the loop and drops it, so that every handle is gone when this returns.
@inline(never)
private func runLoop(_ context: UnsafeMutableRawPointer) -> Mailbox {
    let loop = unsafe Unmanaged<TransferLoop>.fromOpaque(context).takeRetainedValue()
    loop.run()
    return loop.mailbox
}
