package import Grants
internal import Synchronization

/// The mode that was read last, shared by the runs that began before it was read.
package final class ModeSwitch: Sendable {
    private let mode: Mutex<RotationPolicy.Mode>

    package init(_ mode: RotationPolicy.Mode) { self.mode = Mutex(mode) }

    package var current: RotationPolicy.Mode { mode.withLock { $0 } }

    /// From now on, for whatever has not begun.
    package func set(_ mode: RotationPolicy.Mode) { self.mode.withLock { $0 = mode } }
}
