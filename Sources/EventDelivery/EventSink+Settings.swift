package import Grants

extension SinkSettings {
    /// The sink that the settings describe.
    package func makeSink() -> any EventSink {
        switch kind {
        case .file(let path): FileSink(settings: self, path: path)
        case .exec(let command): ExecSink(settings: self, command: command)
        }
    }
}
