internal import CCurl
import Glibc
import HTTPTransport

/// One easy handle with all that a request needs while it runs; confined to the loop's thread and reused.
final class Transfer {
    let easy: EasyHandle
    /// Whose request it carries out.
    private(set) var flight: Flight?
    private let reception: Reception
    private var headers: HeaderList?
    private var body = RequestBody()
    private let proxy: String
    /// What the handle is set to already: of requests that follow one another, most are alike but for the body.
    private var present: CheckedRequest.Head?
    private var isReuseForbidden = false
    private var usesNewConnection = false
    private var undoesCodings = true

    /// Sets once what is the same for every request.
    init(options: CurlTransport.Options) throws(HTTPFailure) {
        easy = try EasyHandle.make()
        reception = Reception(
            maximumBodyBytes: options.maximumBodyBytes,
            maximumHeaderBytes: options.maximumHeaderBytes
        )
        proxy = options.proxy ?? ""
        try easy.set(context: CURLOPT_PRIVATE, unretained: self)
        try unsafe easy.set(receiver: CURLOPT_WRITEFUNCTION, receiveBody)
        try easy.set(context: CURLOPT_WRITEDATA, unretained: reception)
        try unsafe easy.set(receiver: CURLOPT_HEADERFUNCTION, receiveHeader)
        try easy.set(context: CURLOPT_HEADERDATA, unretained: reception)
        try unsafe easy.set(socketCallback: closeSocketOnExec)

        try easy.set(CURLOPT_FOLLOWLOCATION, 0)
        try easy.set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        try easy.set(CURLOPT_NETRC, ccurl_netrc_ignored)
        try easy.set(CURLOPT_HTTP09_ALLOWED, 0)
        try easy.set(CURLOPT_USERAGENT, options.userAgent)
        try easy.set(size: CURLOPT_MAXFILESIZE_LARGE, options.maximumBodyBytes)
        // All that libcurl knows is undone, within the limit for the body as it comes out; a header line keeps libcurl
        // from asking for it.
        try easy.set(CURLOPT_ACCEPT_ENCODING, "")
        // An empty list: neither no_proxy of the environment nor a default lets a host pass by the proxy.
        try easy.set(CURLOPT_NOPROXY, "")
        try easy.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)

        try easy.set(CURLOPT_NOSIGNAL, 1)
        // Otherwise ending a transfer waits for its name resolution, and the whole loop with it.
        try easy.set(CURLOPT_QUICK_EXIT, 1)
        try easy.set(CURLOPT_CONNECTTIMEOUT_MS, max(1, options.connectTimeout.milliseconds))

        try easy.set(CURLOPT_SSL_VERIFYPEER, 1)
        try easy.set(CURLOPT_SSL_VERIFYHOST, 2)
        try easy.set(CURLOPT_SSLVERSION, ccurl_tls_1_2_or_later)
        if let caFile = options.caFile {
            try easy.set(CURLOPT_CAINFO, caFile)
            // The system's directory of authorities would be trusted beside the file.
            try easy.set(CURLOPT_CAPATH, nil)
        }
        if let certificate = options.clientCertificate {
            try easy.set(CURLOPT_SSLCERT, certificate)
            try easy.set(CURLOPT_SSLKEY, options.clientKey ?? certificate)
        }
    }

    /// Sets all that differs from the request before.
    func prepare(_ flight: Flight) throws(HTTPFailure) {
        let request = flight.request
        if present !== request.head { try set(request.head) }
        if let bytes = request.body ?? (request.method == .post ? [] : nil) {
            body.hold(bytes)
            try easy.set(CURLOPT_POST, 1)
            try easy.set(body: body)
        } else {
            try easy.set(CURLOPT_HTTPGET, 1)
        }
        if isReuseForbidden {
            try easy.set(CURLOPT_FORBID_REUSE, 0)
            isReuseForbidden = false
        }
        if request.usesNewConnection != usesNewConnection {
            usesNewConnection = request.usesNewConnection
            try easy.set(CURLOPT_FRESH_CONNECT, usesNewConnection ? 1 : 0)
        }
        // What else was done must not look undone because of a coding: there the status is what counts.
        let undoes = request.isIdempotent && flight.lane.undoesCodings
        if undoes != undoesCodings {
            undoesCodings = undoes
            try easy.set(CURLOPT_HTTP_CONTENT_DECODING, undoes ? 1 : 0)
        }
        easy.clearErrorDescription()
        reception.begin()
        self.flight = flight
    }

    private func set(_ head: CheckedRequest.Head) throws(HTTPFailure) {
        present = nil
        guard let lines = HeaderList(head.headerLines) else {
            throw HTTPFailure(.other, operation: head.method.rawValue, host: "", message: "no memory")
        }
        try easy.set(CURLOPT_URL, head.url)
        try easy.set(CURLOPT_PROTOCOLS_STR, head.address.isSecure ? "https" : "http")
        // Never HTTP/2 in clear text: with prior knowledge libcurl 7.88 fails under load.
        try easy.set(
            CURLOPT_HTTP_VERSION,
            head.address.isSecure ? ccurl_http_version_2_tls : ccurl_http_version_1_1
        )
        // Rather share a connection that is being made than make another one.
        try easy.set(CURLOPT_PIPEWAIT, head.address.isSecure ? 1 : 0)
        // Set even when empty: only that keeps libcurl from asking the environment. What is permitted in clear text
        // for being on this machine must not leave it by way of a proxy.
        try easy.set(CURLOPT_PROXY, head.address.isLoopback ? "" : proxy)
        try easy.set(CURLOPT_CUSTOMREQUEST, head.method == .delete ? "DELETE" : nil)
        try easy.set(headers: lines)
        headers = consume lines
        present = head
    }

    /// What came of the transfer.
    func outcome(_ result: CURLcode) -> Result<HTTPResponse, HTTPFailure> {
        guard let request = flight?.request else { preconditionFailure("a transfer without a job has ended") }
        func failure(_ code: HTTPFailure.Code, _ message: String) -> Result<HTTPResponse, HTTPFailure> {
            .failure(
                HTTPFailure(code, operation: request.method.rawValue, host: request.address.host, message: message)
            )
        }
        switch reception.overflow {
        case .body:
            return .failure(
                .tooLarge(reception.maximumBodyBytes, method: request.method.rawValue, host: request.address.host)
            )
        case .headers: return failure(.protocolError, "the response's header block is longer than permitted")
        case nil: break
        }
        guard result == CURLE_OK else {
            return .failure(
                HTTPFailure(
                    result,
                    of: easy,
                    method: request.method.rawValue,
                    address: request.address,
                    maximumBodyBytes: reception.maximumBodyBytes
                )
            )
        }
        return .success(
            HTTPResponse(
                status: easy.number(CURLINFO_RESPONSE_CODE),
                headers: reception.headers,
                body: reception.takeBody()
            )
        )
    }

    /// Whether this is libcurl's verdict where a body is not what its content coding says.
    static func isMiscoded(_ result: CURLcode) -> Bool { result == CURLE_BAD_CONTENT_ENCODING }

    /// `nil` when no response came that would tell.
    var spokeHTTP2: Bool? {
        let version = easy.number(CURLINFO_HTTP_VERSION)
        return version == 0 ? nil : version == ccurl_http_version_2
    }

    /// Closes the connection when its last running request ends.
    func forbidReuse() {
        // Only an economy: the connection would be used again, as it may be.
        try? easy.set(CURLOPT_FORBID_REUSE, 1)
        isReuseForbidden = true
    }

    /// Lets go of the request's secrets as far as libcurl frees them.
    func clear() throws(HTTPFailure) {
        flight = nil
        present = nil
        body.wipe()
        reception.reset()
        try easy.dropHeaders()
        try easy.dropBody()
        try easy.set(CURLOPT_URL, nil)
        headers = nil
    }
}

/// `CURLOPT_SOCKOPTFUNCTION`: libcurl's sockets must not reach the programs that a sink starts.
private func closeSocketOnExec(
    _ context: UnsafeMutableRawPointer?,
    _ socket: curl_socket_t,
    _ purpose: curlsocktype
) -> Int32 {
    fcntl(socket, F_SETFD, FD_CLOEXEC) == -1 ? Int32(CURL_SOCKOPT_ERROR) : Int32(CURL_SOCKOPT_OK)
}

extension Duration {
    /// Rounded up, and within what a 32-bit count of milliseconds can hold.
    var milliseconds: Int {
        let limited = min(max(self, .zero), .seconds(86_400))
        let (seconds, attoseconds) = limited.components
        return Int(seconds) * 1_000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
