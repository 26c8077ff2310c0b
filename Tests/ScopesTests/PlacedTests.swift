import Scopes
import Testing

struct PlacedTests {
    @Test func `Places are in the order of files, lines and columns`() {
        let places = [("a", 1, 9), ("a", 2, 1), ("a", 10, 1), ("b", 1, 1)].map {
            SourcePlace(file: $0, line: $1, column: $2)
        }
        #expect(places.reversed().sorted() == places)
    }
}
