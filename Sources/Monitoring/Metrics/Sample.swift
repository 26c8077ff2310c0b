/// A number that is read at the scrape, not counted on the way.
///
/// A gauge; a counter if its name ends in `_total`.
package struct Sample: Hashable, Sendable {
    package var name: String
    package var help: String
    package var labels: [String: String]
    package var value: Double

    package init(name: String, help: String, labels: [String: String] = [:], value: Double) {
        self.name = name
        self.help = help
        self.labels = labels
        self.value = value
    }
}
