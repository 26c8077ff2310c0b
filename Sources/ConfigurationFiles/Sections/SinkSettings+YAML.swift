internal import Grants
internal import Yams

extension SinkSettings {
    /// A sink, or nil after its mistakes were reported.
    init?(_ value: YAMLValue) {
        let shape = YAMLValue.Shape(
            known: ["id", "type", "path", "command", "environment", "notifies", "enforces"],
            required: ["id", "type"]
        )
        guard let members = value.members(shape) else { return nil }
        let id = members["id"]?.identifier()
        let type = members["type"]?.word(SinkType.self)
        let notifies = members["notifies"]?.bool()
        let enforces = members["enforces"]?.bool()
        let path = members["path"]?.path()
        let command = members["command"]?.command()
        let environment = members["environment"]?.variableNames()
        for (member, owner, isNeeded) in [
            ("path", SinkType.file, true), ("command", .exec, true), ("environment", .exec, false),
        ] {
            guard let type else { break }
            if type == owner, isNeeded, members[member] == nil {
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
        self.environment = environment ?? []
    }

    private enum SinkType: String, CaseIterable {
        case file
        case exec
    }
}

extension YAMLValue {
    /// Names of environment variables.
    fileprivate func variableNames() -> [String] {
        elements().compactMap { element in
            guard let name = element.text() else { return nil }
            if SecretReader.isVariableName(name) { return name }
            element.report(
                "'\(element.name)' is not the name of an environment variable",
                hint: "write the name alone, like HTTPS_PROXY; its value comes from the program's own environment"
            )
            return nil
        }
    }

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
