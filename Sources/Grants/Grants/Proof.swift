/// How sure it is that an ended grant has ended at the provider too.
///
/// Raw values are stable.
package enum Proof: String, CaseIterable, Sendable {
    /// Active right before, inactive right after, and the canary healthy around both.
    case proven
    /// The provider said yes; nothing could be shown.
    case acknowledged
    case alreadyInactive = "already_inactive"
    /// `revocation: events`: receivers enforce, no call is made.
    case announced
    /// Rules 4 and 6: the provider had ended it, or its own end had come.
    case observed
}
