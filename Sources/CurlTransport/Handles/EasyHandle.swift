internal import CCurl
import HTTPTransport

/// Owns one easy handle and the buffer that libcurl writes its error text to.
@safe
struct EasyHandle: ~Copyable {
    private let handle: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>

    /// A handle with libcurl's defaults.
    ///
    /// - Throws: `.other` when there is no memory.
    static func make() throws(HTTPFailure) -> EasyHandle {
        guard let handle = unsafe ccurl_easy_init() else {
            throw HTTPFailure(.other, operation: "setup", host: "", message: "libcurl has no memory for a transfer")
        }
        let easy = unsafe EasyHandle(owning: handle)
        try unsafe easy.check(ccurl_easy_set_pointer(handle, CURLOPT_ERRORBUFFER, easy.errorText))
        return easy
    }

    // Apart from make(), since an initialiser with a deinit may not throw once it has a handle.
    private init(owning handle: UnsafeMutableRawPointer) {
        unsafe self.handle = handle
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        // Before the buffer, which libcurl may still write to here.
        unsafe ccurl_easy_cleanup(handle)
        unsafe errorText.deallocate()
    }

    /// For the multi handle only.
    var unsafePointer: UnsafeMutableRawPointer {
        @unsafe get { unsafe handle }
    }

    func set(_ option: CURLoption, _ value: Int) throws(HTTPFailure) {
        try unsafe check(ccurl_easy_set_long(handle, option, value))
    }

    /// For the options that take a `curl_off_t`.
    func set(size option: CURLoption, _ value: Int) throws(HTTPFailure) {
        try unsafe check(ccurl_easy_set_offset(handle, option, curl_off_t(value)))
    }

    /// libcurl copies the string; `nil` unsets the option.
    func set(_ option: CURLoption, _ value: String?) throws(HTTPFailure) {
        if let value {
            try unsafe check(ccurl_easy_set_string(handle, option, value))
        } else {
            try unsafe check(ccurl_easy_set_string(handle, option, nil))
        }
    }

    /// The object must outlive the transfer: libcurl keeps the address, nothing more.
    func set(context option: CURLoption, unretained object: AnyObject) throws(HTTPFailure) {
        try unsafe check(ccurl_easy_set_pointer(handle, option, Unmanaged.passUnretained(object).toOpaque()))
    }

    func set(receiver option: CURLoption, _ receiver: ccurl_receiver) throws(HTTPFailure) {
        try unsafe check(ccurl_easy_set_receiver(handle, option, receiver))
    }

    func set(socketCallback: ccurl_socket_callback) throws(HTTPFailure) {
        try unsafe check(ccurl_easy_set_socket_callback(handle, CURLOPT_SOCKOPTFUNCTION, socketCallback))
    }

    /// The list must outlive the transfer, or ``dropHeaders()``.
    func set(headers: borrowing HeaderList) throws(HTTPFailure) {
        try unsafe check(ccurl_easy_set_list(handle, CURLOPT_HTTPHEADER, headers.unsafePointer))
    }

    func dropHeaders() throws(HTTPFailure) {
        try unsafe check(ccurl_easy_set_list(handle, CURLOPT_HTTPHEADER, nil))
    }

    /// The body must outlive the transfer, or ``dropBody()``.
    func set(body: borrowing RequestBody) throws(HTTPFailure) {
        try set(size: CURLOPT_POSTFIELDSIZE_LARGE, body.count)
        try unsafe check(ccurl_easy_set_pointer(handle, CURLOPT_POSTFIELDS, body.unsafePointer))
    }

    func dropBody() throws(HTTPFailure) {
        try unsafe check(ccurl_easy_set_pointer(handle, CURLOPT_POSTFIELDS, nil))
        try set(size: CURLOPT_POSTFIELDSIZE_LARGE, -1)
        try set(CURLOPT_HTTPGET, 1)
    }

    /// A number about the last transfer; zero when libcurl does not know it.
    func number(_ info: CURLINFO) -> Int {
        var value = 0
        return unsafe ccurl_easy_get_long(handle, info, &value) == CURLE_OK ? value : 0
    }

    /// What libcurl wrote about the last transfer's failure: printable ASCII, in full.
    var errorDescription: String {
        var text = ""
        for index in 0..<Int(CURL_ERROR_SIZE) {
            let byte = unsafe UInt8(bitPattern: errorText[index])
            if byte == 0 { break }
            text.unicodeScalars.append((0x20...0x7E).contains(byte) ? Unicode.Scalar(byte) : "?")
        }
        return text
    }

    func clearErrorDescription() {
        unsafe errorText.pointee = 0
    }

    /// An option that was not taken must never be passed over: it may be the one that verifies the peer.
    private func check(_ code: CURLcode) throws(HTTPFailure) {
        guard code != CURLE_OK else { return }
        throw HTTPFailure(
            .other,
            operation: "setup",
            host: "",
            message: "libcurl refuses an option (\(code.rawValue))"
        )
    }
}
