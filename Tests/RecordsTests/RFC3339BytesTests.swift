import GrantsTestSupport
import Records
import Testing

@Suite struct RFC3339BytesTests {
    @Test func `every day there is agrees with a calendar that counts one by one`() {
        var instant = RFC3339.earliest
        for year in 1...9999 {
            let leap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0
            for (month, length) in zip(1..., [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
                // The ends of a month are where calendars go wrong.
                for day in [1, length] {
                    let text = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T00:00:00Z"
                    let expected = instant + Int64(day - 1) * 86_400_000
                    if RFC3339.parse(text) != expected || RFC3339.string(expected) != text {
                        Issue.record("\(text)")
                        return
                    }
                }
                let after = "\(padded(year, 4))-\(padded(month, 2))-\(padded(length + 1, 2))T00:00:00Z"
                if RFC3339.parse(after) != nil {
                    Issue.record("\(after)")
                    return
                }
                instant += Int64(length) * 86_400_000
            }
        }
        #expect(instant == RFC3339.latest + 1)
    }

    @Test func `any instant is read back`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("RFC3339BytesTests seed \(seed)")
        var random = SplitMix64(seed: seed)
        for _ in 0..<20_000 {
            let instant = Int64.random(in: RFC3339.earliest...RFC3339.latest, using: &random)
            #expect(RFC3339.parse(RFC3339.string(instant)) == instant, "seed \(seed)")
        }
    }

    @Test func `no change of one byte is read as another form`() {
        let text = [UInt8]("2026-05-01T08:00:00.123+00:00".utf8)
        let digits = Set([0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18, 20, 21, 22, 24, 25, 27, 28])
        for index in text.indices {
            for byte in UInt8.min...UInt8.max where byte != text[index] {
                var changed = text
                changed[index] = byte
                guard RFC3339.parse(changed) != nil else {
                    continue
                }
                let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                let isOtherSign = index == 23 && byte == UInt8(ascii: "-")
                let isOtherCase = index == 10 && byte == UInt8(ascii: "t")
                #expect(isOtherCase || (digits.contains(index) && isDigit) || isOtherSign, "byte \(byte) at \(index)")
            }
        }
    }

    @Test(
        arguments: [
            (Int64.max, "9999-12-31T23:59:59.999Z"), (.min, "0001-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (1_777_622_400_007, "2026-05-01T08:00:00.007Z"),
        ] as [(Int64, String)]
    )
    func `an instant is written, at worst as the nearest there is`(instant: Int64, text: String) {
        #expect(RFC3339.string(instant) == text)
    }

    private func padded(_ value: Int, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: width - text.count) + text
    }
}
