/// How long a connection waits and how far the file may grow.
package struct StoreLimits: Sendable {
    /// In seconds: how long another process may hold the database before a call fails as `busy`.
    package var busyTimeout = 30.0
    /// In pages of SQLite; nil: as the disk allows.
    package var maximumPages: Int?

    package init() {}
}
