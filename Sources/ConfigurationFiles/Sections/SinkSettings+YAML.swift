internal import Grants
internal import Yams

extension SinkSettings {
    /// A sink, or nil after its mistakes were reported.
    init?(_ value: YAMLValue) {
        let shape = YAMLValue.Shape(
            known: ["id", "type", "path", "command", "notifies", "enforces"],
            required: ["id", "type"]
        )
        guard let members = value.members(shape) else { return nil }
        let id = members["id"]?.identifier()
        let type = members["type"]?.word(SinkType.self)
        let notifies = members["notifies"]?.bool()
        let enforces = members["enforces"]?.bool()
        let path = members["path"]?.path()
        let command = members["command"]?.command()
        for (member, owner) in [("path", SinkType.file), ("command", .exec)] {
            guard let type else { break }
            if type == owner, members[member] == nil {
                value.report("'\(value.name)' lacks '\(member)', which a sink of type \(type.rawValue) needs")
            } else if type != owner, let stray = members[member] {
                stray.report("'\(stray.name)' belongs to sinks of type \(owner.rawValue)", hint: "remove it")
            }
        }
        let kind: Kind?
        switch type {
        case .file: kind = path.map { .file(path: $0) }
        case .exec: kind = command.map { .exec(command: $0) }
        case nil: kind = nil
        }
        guard let id, let kind else { return nil }
        self.init(id: id, kind: kind)
        self.notifies = notifies ?? false
        self.enforces = enforces ?? false
    }

    private enum SinkType: String, CaseIterable {
        case file
        case exec
    }
}

extension YAMLValue {
    /// A program and its arguments; a program with a directory is a path like every other.
    fileprivate func command() -> [String]? {
        let elements = elements()
        if isEmptyList {
            report("'\(name)' names no program", hint: "write [/usr/local/bin/program, argument]")
        }
        guard let program = elements.first else { return nil }
        var words: [String] = []
        for element in elements {
            // An empty argument is one all the same.
            if case .scalar(let scalar) = element.node, scalar.style != .plain, scalar.string.isEmpty,
                element.name != program.name
            {
                words.append("")
            } else if let word = element.text() {
                words.append(word)
            }
        }
        guard words.count == elements.count else { return nil }
        if words[0].contains("/") { words[0] = reading.resolve(words[0]) }
        return words
    }
}
