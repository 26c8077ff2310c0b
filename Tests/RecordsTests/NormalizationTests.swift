import Records
import Testing

/// Names that only look the same.
@Suite struct NormalizationTests {
    @Test(
        arguments: [
            ("plain", "plain"), ("Mu\u{308}ller", "M\u{FC}ller"), ("M\u{FC}ller", "M\u{FC}ller"), ("g\u{212A}", "gK"),
            ("", ""),
        ]
    )
    func `a text has one form that all its spellings share`(text: String, form: String) {
        #expect(text.normalized.hasSameBytes(as: form))
        #expect(text.isNormalized == text.hasSameBytes(as: form))
        #expect(text.looksLike(form) != text.isNormalized)
    }

    @Test func `the spelling shows every byte that is not printable ASCII`() {
        #expect("U\u{212A}-1".spelled == #"U\xE2\x84\xAA-1"#)
        #expect("a\\b".spelled == #"a\x5Cb"#)
    }

    @Test(arguments: [
        "a\u{200B}b", "a\u{202E}b", "a\u{7}b", "a\u{FEFF}", "a\u{AD}b", "a\u{2066}b", "a\u{85}b", "a\u{E0001}b",
    ])
    func `a name with what cannot be seen is not fit`(name: String) {
        guard case .hidden = NameFault(of: name) else {
            Issue.record("\(name.spelled) is fit")
            return
        }
    }

    @Test(arguments: ["acme", "M\u{FC}ller", "\u{682A}\u{5F0F}\u{4F1A}\u{793E}", "a b"])
    func `a name in form C that can be seen is fit`(name: String) {
        #expect(NameFault(of: name) == nil)
    }

    @Test func `a name that is not in form C is not fit`() {
        #expect(NameFault(of: "Mu\u{308}ller") == .notNormalized && NameFault(of: "U\u{212A}") == .notNormalized)
    }
}
