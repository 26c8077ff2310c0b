/// How log lines look.
package enum LogFormat: String, CaseIterable, Sendable {
    case text
    case json
}
