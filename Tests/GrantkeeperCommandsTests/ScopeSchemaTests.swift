import Testing

@Suite("Schemas of scope documents")
struct ScopeSchemaTests {
    @Test func `editors accept the shipped set, and see what is wrong with the broken ones`() async throws {
        let (status, text) = try await RigPython.run("schemas.py")
        #expect(status == 0, "\(text)")
        #expect(text == "8 shipped, 54 seen, 14 blind\n")
    }
}
