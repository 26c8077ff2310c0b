internal import Grants
internal import Scopes

extension Reading {
    /// Authorization requests (RFC 6749 §4.1.1), one a line; what else is in them is never shown.
    func authorizationRequests(_ text: String) -> [RequestedScopes] {
        var requests: [RequestedScopes] = []
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            for (column, word) in Self.words(of: line.unicodeScalars) {
                if word.hasPrefix("#") { break }
                let place = Place(line: number + 1, column: column)
                if let request = authorizationRequest(word, at: place) { requests.append(request) }
            }
        }
        return requests
    }

    private func authorizationRequest(_ url: String, at place: Place) -> RequestedScopes? {
        let scalars = Array(url.unicodeScalars)
        guard url.hasPrefix("https://") || url.hasPrefix("http://"), let question = scalars.firstIndex(of: "?") else {
            report(
                at: place,
                "this is no authorization request, which begins with https:// and has a '?'",
                hint: "quote nothing, and write one a line"
            )
            return nil
        }
        let query = scalars[(question + 1)...].prefix { $0 != "#" }
        var parameters: [String: ArraySlice<Unicode.Scalar>] = [:]
        for parameter in query.split(separator: "&") {
            let name = parameter.prefix { $0 != "=" }
            guard let decoded = decode(name, at: place) else { return nil }
            let value = parameter[name.endIndex...].dropFirst()
            guard parameters.updateValue(value, forKey: decoded) == nil || !["scope", "client_id"].contains(decoded)
            else {
                report(
                    at: Place(line: place.line, column: place.column + name.startIndex),
                    "'\(decoded)' is given twice, which no authorization request may (RFC 6749 §3.1)"
                )
                return nil
            }
        }
        guard let value = parameters["scope"] else {
            let isPushed = parameters["request_uri"] != nil || parameters["request"] != nil
            report(
                at: place,
                "this authorization request has no 'scope'",
                hint: isPushed ? "its scopes are in the request object (RFC 9101), which is not read" : nil
            )
            return nil
        }
        var scopes: [Placed<String>] = []
        for word in words(of: value) {
            let at = Place(line: place.line, column: place.column + word.startIndex)
            guard let text = decode(word, at: at), let scope = scope(text, at: at) else { return nil }
            scopes.append(scope)
        }
        var request = RequestedScopes(scopes: scopes, place: sourcePlace(place))
        if let client = parameters["client_id"], let id = decode(client, at: place), !id.isEmpty {
            let at = Place(line: place.line, column: place.column + client.startIndex)
            request.client = Placed(ClientID(id), at: sourcePlace(at))
        }
        return request
    }

    /// The parts of a value between `+` and `%20`, still encoded.
    private func words(of value: ArraySlice<Unicode.Scalar>) -> [ArraySlice<Unicode.Scalar>] {
        var words: [ArraySlice<Unicode.Scalar>] = []
        var begin = value.startIndex
        var index = value.startIndex
        while index < value.endIndex {
            let isEncoded = value[index...].starts(with: "%20".unicodeScalars)
            guard isEncoded || value[index] == "+" else {
                index += 1
                continue
            }
            if begin < index { words.append(value[begin..<index]) }
            index += isEncoded ? 3 : 1
            begin = index
        }
        if begin < value.endIndex { words.append(value[begin...]) }
        return words
    }

    /// Text of `application/x-www-form-urlencoded`.
    private func decode(_ text: ArraySlice<Unicode.Scalar>, at place: Place) -> String? {
        var bytes: [UInt8] = []
        var index = text.startIndex
        while index < text.endIndex {
            if text[index] == "%" {
                let digits = text[(index + 1)...].prefix(2)
                guard digits.count == 2, let byte = UInt8(String(String.UnicodeScalarView(digits)), radix: 16) else {
                    report(at: place, "a '%' is not followed by two hexadecimal digits")
                    return nil
                }
                bytes.append(byte)
                index += 3
            } else {
                bytes += text[index] == "+" ? [0x20] : Array(String(text[index]).utf8)
                index += 1
            }
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            report(at: place, "the encoded text is not UTF-8")
            return nil
        }
        return decoded
    }
}
