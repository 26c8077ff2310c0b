/// Why the metrics cannot be offered.
package struct MetricsServerError: Error, CustomStringConvertible {
    package var message: String
    package var hint: String?

    package var description: String { message }
}
