import Grants
import Testing

@testable import Sandbox

@Suite struct HTTPDateTests {
    @Test(
        arguments: [
            (
                784_111_777_999, "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                "Sun Nov  6 08:49:37 1994"
            ),
            (
                1_709_251_199_000, "Thu, 29 Feb 2024 23:59:59 GMT", "Thursday, 29-Feb-24 23:59:59 GMT",
                "Thu Feb 29 23:59:59 2024"
            ),
        ]
    )
    func `a date has three forms`(time: Int64, imf: String, rfc850: String, asctime: String) {
        let time = Timestamp(milliseconds: time)
        #expect(HTTPDate.imfFixdate(time) == imf)
        #expect(HTTPDate.rfc850(time) == rfc850)
        #expect(HTTPDate.asctime(time) == asctime)
    }
}
