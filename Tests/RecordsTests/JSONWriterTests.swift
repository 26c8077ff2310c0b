import GrantsTestSupport
import Records
import Testing

@Suite struct JSONWriterTests {
    @Test func `a document is written with its commas`() {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("a", "x/\"\\\u{8}\u{9}\u{a}\u{c}\u{d}\u{1f}\u{7f}é😀")
            writer.member("b", nil as String?)
            writer.member("c", 5)
            writer.member("d", Int64.min)
            writer.member("e", true)
            writer.member("f", 0.5)
            writer.member("g", ["x", "y"])
            writer.member("h", [])
            writer.member("i", JSONValue.array([.null, .int(1)]))
            writer.member("j", time: 1_777_622_400_123)
            writer.member("k", raw: "{\"z\":[]}".utf8)
            writer.object("l") { $0.member("m", false) }
            writer.array("n") { writer in
                writer.beginObject()
                writer.endObject()
                writer.string("{")
                writer.int(1)
            }
        }
        writer.newline()
        let expected =
            #"{"a":"x/\"\\\b\t\n\f\r\u001f"# + "\u{7f}" + #"é😀","b":null,"c":5,"d":-9223372036854775808,"#
            + #""e":true,"f":0.5,"g":["x","y"],"h":[],"i":[null,1],"j":"2026-05-01T08:00:00.123Z","k":{"z":[]},"#
            + #""l":{"m":false},"n":[{},"{",1]}"# + "\n"
        #expect(writer.text == expected)
    }

    @Test func `a pretty document has a line for each member`() {
        var writer = JSONWriter(pretty: true)
        writer.object { writer in
            writer.member("a", ["x", "y"])
            writer.member("b", [])
            writer.object("c") { _ in }
            writer.member("d", 1)
        }
        #expect(
            writer.text == """
                {
                  "a": [
                    "x",
                    "y"
                  ],
                  "b": [],
                  "c": {},
                  "d": 1
                }
                """
        )
    }

    @Test func `lines follow each other without commas`() {
        var writer = JSONWriter()
        for number in 1...3 {
            writer.object { $0.member("n", number) }
            writer.newline()
        }
        #expect(writer.text == "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n")
        writer.bytes.removeAll(keepingCapacity: true)
        writer.object { $0.member("n", 4) }
        #expect(writer.text == "{\"n\":4}")
    }

    /// RFC 8785, appendix B, and the borders of the exponent.
    @Test(
        arguments: [
            (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"), (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"), (0x7FEF_FFFF_FFFF_FFFF, "1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"), (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44B5_2D02_C7E1_4AF5, "9.999999999999997e+22"), (0x44B5_2D02_C7E1_4AF6, "1e+23"),
            (0x444B_1AE4_D6E2_EF4E, "999999999999999700000"), (0x444B_1AE4_D6E2_EF50, "1e+21"),
            (0x3EB0_C6F7_A0B5_ED8C, "9.999999999999997e-7"), (0x3EB0_C6F7_A0B5_ED8D, "0.000001"),
            (0x41B3_DE43_5555_5553, "333333333.3333332"), (0xBECB_F647_612F_3696, "-0.0000033333333333333333"),
            (0x4314_3FF3_C1CB_0959, "1424953923781206.2"), (0x7FF0_0000_0000_0000, "null"),
            (0x7FF8_0000_0000_0000, "null"),
        ] as [(UInt64, String)]
    )
    func `a number is written as ECMAScript writes it`(bits: UInt64, text: String) {
        var writer = JSONWriter()
        writer.double(Double(bitPattern: bits))
        #expect(writer.text == text)
    }

    @Test(arguments: [false, true])
    func `what is written is read back`(pretty: Bool) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("JSONWriterTests seed \(seed)")
        var random = SplitMix64(seed: seed)
        for _ in 0..<2000 {
            let value = Self.value(depth: 0, &random)
            var writer = JSONWriter(pretty: pretty)
            writer.value(value)
            let read = try JSONValue(parsing: writer.bytes)
            #expect(read == value, "seed \(seed): \(writer.text)")
            var again = JSONWriter(pretty: pretty)
            again.value(read)
            #expect(again.bytes == writer.bytes, "seed \(seed)")
        }
    }

    private static func value(depth: Int, _ random: inout SplitMix64) -> JSONValue {
        switch Int.random(in: 0..<(depth < 5 ? 8 : 5), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .int(Int64(bitPattern: random.next()) >> Int64.random(in: 0..<64, using: &random))
        case 3:
            let double = Double(bitPattern: random.next())
            // A whole number is read back as one.
            return double.isFinite && double.rounded() != double ? .double(double) : .double(0.1)
        case 4: return .string(text(&random))
        case 5, 6:
            return .array((0..<Int.random(in: 0..<5, using: &random)).map { _ in value(depth: depth + 1, &random) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0..<40, using: &random) / (depth + 1) {
                object[text(&random)] = value(depth: depth + 1, &random)
            }
            return .object(object)
        }
    }

    private static func text(_ random: inout SplitMix64) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0..<20, using: &random) {
            let highest: UInt32 = [0x1F, 0x7F, 0x7F, 0x7FF, 0xFFFF, 0x10FFFF].randomElement(using: &random) ?? 0x7F
            if let scalar = Unicode.Scalar(UInt32.random(in: 0...highest, using: &random)) {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
