internal import ArgumentParser
internal import RotationWorker

/// What a person's order goes past, as typed.
struct OrderPassing: ParsableArguments {
    @Flag(help: "Go on although the grants are frozen, or will be before all of them have ended.")
    var whileFrozen = false
    @Flag(help: "Go on although the provider is held; what its answers would prove is acknowledged only.")
    var whileHeld = false
    @Option(
        help: ArgumentHelp(
            "End also records that name our own client and carry no token of ours, as listed under this hash.",
            valueName: "hash"
        )
    )
    var evenOwn: String?

    var options: OrderOptions {
        OrderOptions(whileFrozen: whileFrozen, whileHeld: whileHeld, evenOwn: evenOwn != nil)
    }

    /// What a person saw under the hash must be what the order goes past.
    func check(_ hash: String?) throws {
        guard let evenOwn, evenOwn.count < 8 || hash?.hasPrefix(evenOwn.lowercased()) != true else { return }
        throw CommandError(
            .badData,
            "even-own-changed",
            hash == nil
                ? "no grant is protected only by a record that names our client; nothing was changed"
                : "other grants are protected by naming our client than those listed under this hash; nothing was changed",
            hint: "look at it with --dry-run, without --even-own"
        )
    }
}
