internal import CCurl

/// Owns one `curl_slist`, which libcurl uses without copying as long as the transfer runs.
@safe
struct HeaderList: ~Copyable {
    private var list: UnsafeMutablePointer<curl_slist>?

    /// - Returns: `nil` when there is no memory.
    init?(_ lines: [String]) {
        unsafe list = nil
        for line in lines {
            // The list is unchanged when appending fails.
            guard let longer = unsafe ccurl_slist_append(list, line) else {
                unsafe ccurl_slist_free_all(list)
                return nil
            }
            unsafe list = longer
        }
    }

    deinit {
        unsafe ccurl_slist_free_all(list)
    }

    /// Valid only as long as this list lives.
    var unsafePointer: UnsafeMutablePointer<curl_slist>? {
        @unsafe get { unsafe list }
    }
}
