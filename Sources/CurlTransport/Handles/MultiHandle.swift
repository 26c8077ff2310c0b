internal import CCurl
import HTTPTransport

/// Owns the multi handle; but for ``Waker``, all of it belongs to the one thread that runs it.
@safe
struct MultiHandle: ~Copyable {
    /// The one thing that other threads may do, as long as the handle lives.
    @safe
    // Unchecked because of the pointer: libcurl lets `curl_multi_wakeup` alone be called from any thread, and the
    // mailbox's lock keeps it from running during or after the handle's end.
    struct Waker: @unchecked Sendable {
        fileprivate let handle: UnsafeMutableRawPointer

        func wake() {
            // It fails when a wake-up is already due or there is no memory: nothing could be done better here.
            unsafe _ = ccurl_multi_wakeup(handle)
        }
    }

    private let handle: UnsafeMutableRawPointer

    /// A multi handle that multiplexes HTTP/2 and keeps idle connections.
    ///
    /// - Throws: `.other` when there is no memory.
    static func make(options: CurlTransport.Options) throws(HTTPFailure) -> MultiHandle {
        guard let handle = unsafe ccurl_multi_init() else {
            throw HTTPFailure(.other, operation: "setup", host: "", message: "libcurl has no memory")
        }
        let multi = unsafe MultiHandle(owning: handle)
        try multi.set(CURLMOPT_PIPELINING, ccurl_pipe_multiplex)
        try multi.set(CURLMOPT_MAX_HOST_CONNECTIONS, options.maximumConnectionsPerHost)
        try multi.set(CURLMOPT_MAX_CONCURRENT_STREAMS, options.maximumStreamsPerHost)
        // The default, four for each running transfer, closes idle connections as soon as a burst is over.
        try multi.set(CURLMOPT_MAXCONNECTS, max(64, 4 * options.maximumConnectionsPerHost))
        return multi
    }

    // Apart from make(), since an initialiser with a deinit may not throw once it has a handle.
    private init(owning handle: UnsafeMutableRawPointer) {
        unsafe self.handle = handle
    }

    deinit {
        unsafe _ = ccurl_multi_cleanup(handle)
    }

    var waker: Waker { unsafe Waker(handle: handle) }

    func add(_ easy: borrowing EasyHandle) -> Bool {
        unsafe ccurl_multi_add_handle(handle, easy.unsafePointer) == CURLM_OK
    }

    /// Ends the transfer where it stands; harmless for one that is not running.
    func remove(_ easy: borrowing EasyHandle) {
        unsafe _ = ccurl_multi_remove_handle(handle, easy.unsafePointer)
    }

    /// Moves all transfers on, without waiting.
    func perform() -> Bool {
        var running: Int32 = 0
        return unsafe ccurl_multi_perform(handle, &running) == CURLM_OK
    }

    /// Waits for the network, a wake-up or the time given, whichever comes first.
    func wait(milliseconds: Int32) -> Bool {
        unsafe ccurl_multi_poll(handle, nil, 0, milliseconds, nil) == CURLM_OK
    }

    /// The next transfer that has ended, with libcurl's verdict; `nil` when there is none.
    func nextFinished() -> (transfer: Transfer, result: CURLcode)? {
        var remaining: Int32 = 0
        while let message = unsafe ccurl_multi_info_read(handle, &remaining) {
            guard unsafe message.pointee.msg == CURLMSG_DONE else { continue }
            var context: UnsafeMutableRawPointer?
            // Every handle here has its transfer as private pointer, and the loop holds each running transfer.
            guard unsafe ccurl_easy_get_pointer(message.pointee.easy_handle, CURLINFO_PRIVATE, &context) == CURLE_OK,
                let context = unsafe context
            else { continue }
            return unsafe (
                Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue(), message.pointee.data.result
            )
        }
        return nil
    }

    private func set(_ option: CURLMoption, _ value: Int) throws(HTTPFailure) {
        guard unsafe ccurl_multi_set_long(handle, option, value) == CURLM_OK else {
            throw HTTPFailure(.other, operation: "setup", host: "", message: "libcurl refuses an option")
        }
    }
}
