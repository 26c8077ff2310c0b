internal import Yams

/// A node of the tree with the name that people find it by, such as `rotation.default.idle_after`.
struct YAMLValue {
    let node: Node
    /// Empty for the whole document.
    let name: String
    let reading: Reading

    var place: Place { reading.place(of: node) }

    func report(_ message: String, hint: String? = nil) {
        reading.report(at: place, message, hint: hint)
    }

    /// Reports that something else stands here; what stands here is named by its kind only.
    func reportType(expected: String, hint: String? = nil) {
        let subject = name.isEmpty ? "the file" : "'\(name)'"
        if isNull {
            report(
                "\(subject) has no value, expected \(expected)",
                hint: hint ?? "write one or remove the member"
            )
        } else {
            report("\(subject) must be \(expected), not \(kind)", hint: hint)
        }
    }

    /// Nothing stands here, or YAML's word for nothing.
    var isNull: Bool {
        guard case .scalar(let scalar) = node, scalar.style == .plain else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    private var kind: String {
        switch node {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        case .scalar(let scalar):
            if scalar.style == .plain, let number = Double(scalar.string), number.isFinite {
                "a number"
            } else {
                "a text"
            }
        }
    }

    /// The elements of a list; none where nothing stands.
    func elements() -> [YAMLValue] {
        if case .sequence(let sequence) = node {
            return sequence.enumerated().map { index, node in
                YAMLValue(node: node, name: "\(name)[\(index)]", reading: reading)
            }
        }
        if !isNull {
            reportType(expected: "a list", hint: "begin each entry with '- '")
        }
        return []
    }

    /// The elements of a list without any report: for what will be read again.
    var quietElements: [YAMLValue] {
        if case .sequence = node { elements() } else { [] }
    }

    /// A list stands here, or could, and has no elements.
    var isEmptyList: Bool { isNull || node.sequence?.isEmpty == true }

    /// Of a list; 2 where something else stands, which is reported elsewhere.
    var elementCount: Int { isNull ? 0 : node.sequence?.count ?? 2 }

    /// The text of a scalar as it stands there, whatever YAML makes of `on`, `0777` and `1e3`.
    ///
    /// It may be anything, so it must not be shown.
    func scalar(expected: String, hint: String? = nil) -> (text: String, isPlain: Bool)? {
        guard case .scalar(let scalar) = node, !isNull else {
            reportType(expected: expected, hint: hint)
            return nil
        }
        // "!env NAME" of other programs would otherwise be taken for the text "NAME".
        let tag = scalar.tag.rawValue
        guard ["", "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:int"].contains(tag) else {
            report("'\(name)' has a tag", hint: "write the value alone, without what begins with '!'")
            return nil
        }
        return (reading.markers.original(scalar.string), scalar.style == .plain)
    }
}
