package import Grants
internal import HTTPTransport
internal import Synchronization

extension OAuthProvider {
    package func introspect(
        _ questions: [TokenQuestion],
        until isEnough: @escaping @Sendable (IntrospectionAnswer) -> Bool
    ) async -> [IntrospectionAnswer?] {
        let round = QuestionRound(questions, until: isEnough)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<min(max(1, settings.limits.inFlight), questions.count) {
                group.addTask { await self.ask(in: round) }
            }
        }
        return round.answers
    }

    /// Asks one question after another, as long as there are any.
    ///
    /// While the server answers with 200 and a next request may leave at once, it does so on the transport's thread, and
    /// this task sleeps: to wake it for each would cost more than the request.
    private func ask(in round: QuestionRound) async {
        let place = Place(round.begin())
        while let index = place.index {
            do {
                let url = try await endpoints.required(.introspection)
                let post = AuthenticatedPost(
                    to: url,
                    as: try await own.current(),
                    timeout: wire.timeout,
                    isIdempotent: true
                )
                let ask = { @Sendable (index: Int) in
                    let question = round[index]
                    return post.request(Self.form(question.token, question.kind))
                }
                let reply = try await wire.send(ask(index)) { reply in
                    place.move { round.end($0, IntrospectionResponse.answer(reply, about: round[$0].kind)) }.map(ask)
                }
                guard let reply, let index = place.index else { continue }
                let form = Self.form(round[index].token, round[index].kind)
                let last = try await wire.renewing(own, form, post, reply)
                place.move { round.end($0, IntrospectionResponse.answer(last, about: round[$0].kind)) }
            } catch {
                place.move { round.end($0, IntrospectionResponse.unknown(error)) }
            }
        }
    }
}

/// The question that is being asked.
private final class Place: Sendable {
    private let state: Mutex<Int?>

    init(_ first: Int?) {
        state = Mutex(first)
    }

    var index: Int? { state.withLock { $0 } }

    @discardableResult
    func move(_ next: (Int) -> Int?) -> Int? {
        state.withLock { index in
            index = index.flatMap(next)
            return index
        }
    }
}
