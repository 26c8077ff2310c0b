extension Migrations {
    /// What may leave the store, and what must not, whoever asks.
    static let version3 = [
        "CREATE INDEX states_ended ON states (ended_at) WHERE ended_at IS NOT NULL",
        // An export file does not age: a line of before the end must not bring the grant back, ever.
        """
        CREATE TABLE purged_grants (
            provider INTEGER NOT NULL REFERENCES words (id),
            id TEXT NOT NULL,
            ended_at INTEGER NOT NULL,
            PRIMARY KEY (provider, id)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TRIGGER journal_leaves_by_the_anchor BEFORE DELETE ON journal
        WHEN OLD.seq > coalesce((SELECT seq FROM journal_anchor), 0)
        BEGIN SELECT RAISE(ABORT, 'only what the anchor stands for leaves the journal'); END
        """,
        """
        CREATE TRIGGER journal_anchor_is_an_entry BEFORE INSERT ON journal_anchor
        WHEN NEW.hash IS NOT (SELECT hash FROM journal WHERE seq = NEW.seq)
        BEGIN SELECT RAISE(ABORT, 'the anchor is an entry of the journal'); END
        """,
        """
        CREATE TRIGGER journal_anchor_moves_on BEFORE UPDATE ON journal_anchor
        WHEN NEW.seq <= OLD.seq OR NEW.hash IS NOT (SELECT hash FROM journal WHERE seq = NEW.seq)
        BEGIN SELECT RAISE(ABORT, 'the anchor moves on to a later entry of the journal'); END
        """,
        """
        CREATE TRIGGER journal_anchor_stays BEFORE DELETE ON journal_anchor
        BEGIN SELECT RAISE(ABORT, 'the anchor stays'); END
        """,
        """
        CREATE TRIGGER grants_leave_ended BEFORE DELETE ON states WHEN OLD.standing < 5
        BEGIN SELECT RAISE(ABORT, 'only an ended grant leaves the store'); END
        """,
        // SQLite gives the highest number plus one: while the highest stays, none is given twice.
        """
        CREATE TRIGGER grants_keep_the_newest BEFORE DELETE ON grants WHEN OLD.row = (SELECT max(row) FROM grants)
        BEGIN SELECT RAISE(ABORT, 'the newest row stays, so that its number is not given again'); END
        """,
        """
        CREATE TRIGGER subjects_keep_the_newest BEFORE DELETE ON subjects WHEN OLD.id = (SELECT max(id) FROM subjects)
        BEGIN SELECT RAISE(ABORT, 'the newest reference stays, so that it is not given again'); END
        """,
    ]
}
