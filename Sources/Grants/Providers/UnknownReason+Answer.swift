extension UnknownReason {
    /// Whether the reason lies in the answer to this very question, which will be the same next time: a person has to
    /// look at it.
    ///
    /// Not where there was no answer, and not where the answer is sound and may not count.
    package var isOfTheAnswer: Bool {
        switch self {
        case .contradiction, .credentials, .forbidden, .request, .notJSON, .notABoolean, .otherToken, .redirect,
            .tooLarge:
            true
        default:
            false
        }
    }
}
