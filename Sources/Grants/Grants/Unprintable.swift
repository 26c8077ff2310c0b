/// Prints as the name of its type, however it is printed, mirrored or dumped (invariant 4).
///
/// For what holds secrets or leads to them, such as the environment's variables: libraries log what they are given by
/// its description.
package protocol Unprintable: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension Unprintable {
    package var description: String { String(describing: Self.self) }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
