internal import Records
internal import Yams

/// The members of a mapping, each known and given once.
struct Members {
    /// The mapping.
    let value: YAMLValue
    private let known: [String]
    /// In the order of `known`: a mapping has few members, and a large file many mappings.
    private let values: [YAMLValue?]

    subscript(_ name: String) -> YAMLValue? {
        known.firstIndex(of: name).flatMap { values[$0] }
    }

    var isEmpty: Bool { values.allSatisfy { $0 == nil } }

    fileprivate init(value: YAMLValue, known: [String], values: [YAMLValue?]) {
        self.value = value
        self.known = known
        self.values = values
    }
}

extension YAMLValue {
    /// What may stand in a mapping.
    struct Shape {
        var known: [String]
        var required: [String] = []
        /// Members of the reference that this version does not obey, and so must not take either.
        var unsupported: [String] = []
        /// A secret may have been written in place of a name.
        var isSecret = false
    }

    /// The members of a mapping; nil after it was reported that none stands here.
    ///
    /// Reports unknown, duplicate and missing members. Where nothing stands, the mapping is an empty one.
    func members(_ shape: Shape) -> Members? {
        var found = [YAMLValue?](repeating: nil, count: shape.known.count)
        if case .mapping(let mapping) = node {
            take(mapping, shape, into: &found, depth: 0)
        } else if !isNull {
            reportType(expected: "a mapping", hint: "known members: \(shape.known.joined(separator: ", "))")
            return nil
        }
        let members = Members(value: self, known: shape.known, values: found)
        for member in shape.required where members[member] == nil {
            report(name.isEmpty ? "'\(member)' is missing" : "'\(name)' lacks '\(member)'")
        }
        return members
    }

    /// All members of a mapping whose names are free; nothing can be merged into it.
    func entries() -> [(name: String, value: YAMLValue)] {
        guard case .mapping(let mapping) = node else {
            if !isNull { reportType(expected: "a mapping") }
            return []
        }
        var entries: [(name: String, value: YAMLValue)] = []
        var seen: [String: Place] = [:]
        for (key, node) in mapping {
            let place = reading.place(of: key)
            guard case .scalar(let scalar) = key, !scalar.string.isEmpty else {
                reading.report(at: place, "a member's name must be a word\(inThis)")
                continue
            }
            let member = reading.markers.original(scalar.string)
            if let first = seen[member] {
                reading.reportDuplicate(RecordError.printable(member), first: first, at: place, of: name)
                continue
            }
            seen[member] = place
            let whole = name.isEmpty ? member : "\(name).\(member)"
            entries.append((member, YAMLValue(node: node, name: whole, reading: reading)))
        }
        return entries
    }

    /// A member of a mapping without any report, also when merged in: for what will be read again.
    func quietMember(_ member: String) -> YAMLValue? {
        let silent = Reading(file: reading.file, checks: .none, zones: reading.zones)
        silent.markers = reading.markers
        let copy = YAMLValue(node: node, name: name, reading: silent)
        guard let found = copy.members(Shape(known: [member]))?[member] else { return nil }
        return YAMLValue(node: found.node, name: found.name, reading: reading)
    }

    private func take(
        _ mapping: Node.Mapping,
        _ shape: Shape,
        into found: inout [YAMLValue?],
        depth: Int
    ) {
        var places = [Place?](repeating: nil, count: shape.known.count)
        var others: [String: Place] = [:]
        var merged: [YAMLValue] = []
        for (key, node) in mapping {
            let place = reading.place(of: key)
            guard case .scalar(let scalar) = key else {
                reading.report(at: place, "a member's name must be a word\(inThis)")
                continue
            }
            let member = reading.markers.original(scalar.string)
            let index = shape.known.firstIndex(of: member)
            if let first = index.flatMap({ places[$0] }) ?? (index == nil ? others[member] : nil) {
                reading.reportDuplicate(shown(member, shape), first: first, at: place, of: name)
                continue
            }
            if let index { places[index] = place } else { others[member] = place }
            let value = YAMLValue(
                node: node,
                name: name.isEmpty ? member : "\(name).\(member)",
                reading: reading
            )
            if member == "<<", scalar.style == .plain {
                merged.append(value)
            } else if let index {
                if found[index] == nil { found[index] = value }
            } else {
                reportUnknown(member, at: place, shape)
            }
        }
        // What the mapping says itself wins over what is merged in, and earlier merges over later ones.
        for value in merged {
            merge(value, shape, into: &found, depth: depth + 1)
        }
    }

    /// The merge key of YAML 1.1, `<<: *anchor` or `<<: [*one, *other]`.
    private func merge(_ value: YAMLValue, _ shape: Shape, into found: inout [YAMLValue?], depth: Int) {
        switch value.node {
        case .mapping(let mapping) where depth <= 8:
            take(mapping, shape, into: &found, depth: depth)
        case .sequence(let sequence) where sequence.count <= 8 && depth <= 8:
            for node in sequence {
                merge(
                    YAMLValue(node: node, name: value.name, reading: reading),
                    shape,
                    into: &found,
                    depth: depth + 4
                )
            }
        default:
            value.report("'<<' merges one mapping or a short list of them\(inThis)")
        }
    }

    private func reportUnknown(_ member: String, at place: Place, _ shape: Shape) {
        if shape.unsupported.contains(member) {
            reading.report(at: place, "'\(member)' is not supported by this version; remove it")
            return
        }
        let near = nearestWord(to: member, in: shape.known)
        reading.report(
            at: place,
            "unknown member '\(shown(member, shape))'\(inThis)",
            hint: near.map { "did you mean '\($0)'?" } ?? "known here: \(shape.known.joined(separator: ", "))"
        )
    }

    private var inThis: String { name.isEmpty ? "" : " in '\(name)'" }

    private func shown(_ member: String, _ shape: Shape) -> String {
        shape.isSecret && !shape.known.contains(member) ? "…" : RecordError.printable(member)
    }
}
