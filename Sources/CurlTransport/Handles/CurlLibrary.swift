internal import CCurl
import HTTPTransport

/// The library as a whole.
enum CurlLibrary {
    /// 7.87.0: the first version with `CURLOPT_QUICK_EXIT`.
    private static let oldestVersion: UInt32 = 0x075700

    /// What the dynamic linker says where there is no libcurl; loaded when first asked.
    private static let loadFailure: String? = unsafe ccurl_load().map { unsafe String(cString: $0) }

    // Lazily initialised, so that curl_global_init runs once and before any handle exists.
    private static let global = ccurl_global_init(ccurl_global_default)

    /// Loads and initialises libcurl once, and checks that the library at run time can do what is asked of it.
    static func ready() throws(HTTPFailure) {
        if let loadFailure {
            throw unusable("libcurl cannot be loaded: \(loadFailure)", hint: "install it (Debian: libcurl4)")
        }
        guard global == CURLE_OK else { throw unusable("libcurl cannot initialise") }
        guard let version = unsafe ccurl_version_info(ccurl_version_now) else {
            throw unusable("libcurl has no version")
        }
        guard unsafe version.pointee.version_num >= oldestVersion else {
            throw unusable("libcurl is older than 7.87", hint: "install the libcurl that the program was built with")
        }
        let features = unsafe version.pointee.features
        // Without asynchronous name resolution one slow name would hold up every request.
        guard features & CURL_VERSION_SSL != 0, features & CURL_VERSION_ASYNCHDNS != 0 else {
            throw unusable("libcurl was built without TLS or without asynchronous name resolution")
        }
    }

    private static func unusable(_ message: String, hint: String? = nil) -> HTTPFailure {
        HTTPFailure(.other, operation: "setup", host: "", message: message, hint: hint)
    }
}
