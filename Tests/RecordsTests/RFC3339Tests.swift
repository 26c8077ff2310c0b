import Records
import Testing

@Suite struct RFC3339Tests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-05-01T08:00:00Z", 1_777_622_400_000),
            ("2000-02-29T23:59:59.999Z", 951_868_799_999), ("1969-12-31T23:59:59.5Z", -500),
            ("0001-01-01T00:00:00Z", -62_135_596_800_000), ("2026-05-01T08:00:00.1239Z", 1_777_622_400_123),
            ("9999-12-31T23:59:59.999+00:00", 253_402_300_799_999),
            ("2026-05-01T08:00:00+02:00", 1_777_615_200_000), ("2026-05-01T08:00:00-05:30", 1_777_642_200_000),
            ("2026-05-01t08:00:00z", 1_777_622_400_000), ("2026-05-01T08:00:00.5-00:00", 1_777_622_400_500),
        ] as [(String, Int64)]
    )
    func `a time is read, whatever its offset and the case of its letters`(text: String, milliseconds: Int64) {
        #expect(RFC3339.parse(text) == milliseconds)
    }

    @Test(arguments: [
        "", "2026-05-01", "2026-05-01T08:00:00", "2026-05-01T08:00:00+0200", "2026-05-01T08:00:00+24:00",
        "2026-05-01T08:00:00+02:60", "2026-05-01T08:00:00 02:00", "0001-01-01T00:00:00+00:01", "2026-05-01T08:00:00+02",
        "2026-02-30T00:00:00Z", "2025-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-05-01T24:00:00Z", "2026-05-01T08:60:00Z", "2026-06-30T23:59:60Z", "0000-01-01T00:00:00Z",
        "2026-05-01 08:00:00Z", "2026-05-01T08:00:00.Z", "2026-05-01T08:00:00.1234567890Z",
        "2026-05-01T08:00:00ZZ", "+026-05-01T08:00:00Z", "2026-5-01T08:00:00.0Z",
    ])
    func `anything else is refused`(text: String) {
        #expect(RFC3339.parse(text) == nil)
    }

    @Test func `every day of five centuries is written as a plain calendar counts it`() throws {
        var (year, month, day) = (1_800, 1, 1)
        var instant = try #require(RFC3339.parse("1800-01-01T12:34:56Z"))
        func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        while year < 2_300 {
            let text = "\(year)-\(padded(month))-\(padded(day))T12:34:56Z"
            guard RFC3339.string(instant) == text, RFC3339.parse(text) == instant else {
                Issue.record("\(text) and \(instant) differ")
                return
            }
            let leap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0
            let length = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
            day += 1
            if day > length { (month, day) = (month + 1, 1) }
            if month > 12 { (year, month) = (year + 1, 1) }
            instant += 86_400_000
        }
    }
}
