internal import CCurl
import HTTPTransport

extension HTTPFailure {
    /// What libcurl's verdict means to the caller.
    ///
    /// libcurl's own text is quoted only where it cannot hold more than a host, a path of ours or a certificate's
    /// fault: for a bad proxy, for one, it quotes the proxy's password.
    init(
        _ result: CURLcode,
        of transfer: borrowing EasyHandle,
        method: String,
        address: RequestAddress,
        maximumBodyBytes: Int
    ) {
        let detail = transfer.errorDescription
        let reason = detail.isEmpty ? "libcurl error \(result.rawValue)" : detail
        let refusedByProxy = transfer.number(CURLINFO_HTTP_CONNECTCODE)
        func failure(_ code: Code, _ message: String, hint: String? = nil, isTransient: Bool? = nil) -> HTTPFailure {
            HTTPFailure(
                code,
                operation: method,
                host: address.host,
                message: message,
                hint: hint,
                isTransient: isTransient
            )
        }
        self =
            switch result {
            case CURLE_URL_MALFORMAT:
                failure(.invalidURL, "libcurl does not accept the URL")
            case CURLE_COULDNT_RESOLVE_HOST:
                failure(.resolve, "the host name has no address", hint: "check the name and the resolver")
            case CURLE_COULDNT_RESOLVE_PROXY:
                failure(.resolve, "the proxy's name has no address", hint: "check the proxy setting")
            case _ where refusedByProxy >= 300:
                failure(.connect, "the proxy refuses with status \(refusedByProxy)", hint: "check the proxy setting")
            case CURLE_COULDNT_CONNECT, CURLE_PROXY:
                failure(.connect, "no connection: \(reason)")
            case CURLE_OPERATION_TIMEDOUT:
                failure(.timeout, "no connection in time")
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
                failure(
                    .tls,
                    "the server's certificate is not trusted: \(reason)",
                    hint: "if a private authority signs it, name that authority's file as ca_file"
                )
            case CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CLIENTCERT:
                failure(.tls, "a certificate or key of ours: \(reason)", hint: "check the files of the tls settings")
            case CURLE_SSL_CONNECT_ERROR:
                // A reset during the handshake ends here too, not only a version or cipher that is refused.
                failure(.tls, "the TLS handshake fails: \(reason)", isTransient: true)
            case CURLE_SSL_CIPHER, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CRL_BADFILE, CURLE_SSL_PINNEDPUBKEYNOTMATCH:
                failure(.tls, "TLS fails: \(reason)")
            case CURLE_FILESIZE_EXCEEDED:
                .tooLarge(maximumBodyBytes, method: method, host: address.host)
            case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR:
                failure(.connectionLost, "the connection ended before the response was complete")
            // libcurl calls an answer without a status line the unsupported protocol HTTP/0.9; the URL's is checked before.
            case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_HTTP2, CURLE_HTTP2_STREAM:
                failure(.protocolError, "the response is not valid HTTP")
            case CURLE_BAD_CONTENT_ENCODING:
                failure(.protocolError, "the response's body is not what its Content-Encoding says")
            default:
                failure(.other, "libcurl fails with error \(result.rawValue)")
            }
        // No connection was made for it: it went over a kept one, which the server was about to close.
        isWorthRepeating =
            code == .connectionLost && transfer.number(CURLINFO_NUM_CONNECTS) == 0
            || result == CURLE_BAD_CONTENT_ENCODING
    }

    /// A body of more bytes than `most`, decoded or not.
    static func tooLarge(_ most: Int, method: String, host: String) -> HTTPFailure {
        HTTPFailure(
            .bodyTooLarge,
            operation: method,
            host: host,
            message: "the response's body is longer than \(most) bytes"
        )
    }
}
