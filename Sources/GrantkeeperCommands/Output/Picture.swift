internal import ArgumentParser

/// How the result of an analysis is written.
enum PictureFormat: String, CaseIterable, ExpressibleByArgument {
    case text, json, dot, svg
}

/// Lets Graphviz draw.
enum Picture {
    /// The SVG of a graph in the DOT language.
    static func svg(_ dot: String) async throws -> [UInt8] {
        switch try await OtherProgram(name: "dot").run(["-Tsvg"], input: Array(dot.utf8)) {
        case .success(let bytes): return bytes
        case .failure(let why): throw CommandError(.failed, "graphviz", "Graphviz could not draw the picture: \(why)")
        case .missing:
            throw CommandError(
                .failed,
                "no-graphviz",
                "there is no program 'dot' to draw the picture with",
                hint: "install graphviz, or take --format dot and draw it elsewhere"
            )
        }
    }
}
