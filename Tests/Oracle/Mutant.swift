/// An old behaviour, one for each correction: played in place of the new one, it must be noticed.
enum Mutant: String, CaseIterable {
    /// Nothing ever ends.
    case keepsEverything = "keeps-everything"
    /// An end in a record ends the grant, whatever contradicts it and whatever it is.
    case believesEveryEnd = "believes-every-end"
    /// An end counts without an inactive answer since.
    case asksNobodyOfAnEnd = "asks-nobody-of-an-end"
    /// A feed moves over lines that it cannot read.
    case skipsUnreadableLines = "skips-unreadable-lines"
    /// A day's file that was refused stops nothing.
    case forgetsRefusedFiles = "forgets-refused-files"
    /// A line that names no known grant is nobody's use.
    case forgetsUnmappedLines = "forgets-unmapped-lines"
    /// A line in another Unicode form is dropped.
    case dropsDecomposedLines = "drops-decomposed-lines"
    /// A declared gap breaks nothing.
    case ignoresGaps = "ignores-gaps"
    /// Notice and quarantine go by the clock alone.
    case announcesByTheClock = "announces-by-the-clock"
    /// Rules 7 and 8 end at once.
    case announcesNothing = "announces-nothing"
    /// A refresh canary speaks for grants in any condition.
    case believesYoungCanaries = "believes-young-canaries"
    /// An own client's canary needs no control group.
    case needsNoControl = "needs-no-control"
    /// A rotated token counts as gone at once.
    case waitsForNoSuccessor = "waits-for-no-successor"
    /// However many turn inactive at once, they are believed.
    case seesNoSurge = "sees-no-surge"
    /// A surge is looked for in one run only.
    case seesSurgesOfARunOnly = "sees-surges-of-a-run-only"
    /// The server's `Date` is not looked at.
    case looksAtNoDate = "looks-at-no-date"
    /// It is looked at after the plan was applied.
    case looksAtTheDateLate = "looks-at-the-date-late"
    /// Without a `Date` everything goes on.
    case needsNoDate = "needs-no-date"
    /// The valve takes grants that end by themselves for live ones.
    case dilutesTheValve = "dilutes-the-valve"
    /// There is no valve.
    case hasNoValve = "has-no-valve"
    /// Life after an end is dropped.
    case dropsLifeAfterAnEnd = "drops-life-after-an-end"
    /// A new token of an ended grant is dropped.
    case dropsNewLives = "drops-new-lives"
}
