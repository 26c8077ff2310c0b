import Testing

extension RealServerTests {
    @Suite("Without libcurl")
    struct MissingLibrary {
        /// The dynamic linker meets a file of that name that is no library, before the one that is.
        private func run(_ keeper: Keeper, _ arguments: [String]) async throws -> Keeper.Outcome {
            try keeper.write("", to: "libcurl.so.4")
            return try await keeper.start(arguments, environment: ["LD_LIBRARY_PATH": keeper.path(".")]) { _ in }
        }

        @Test
        func `Whoever asks a provider is told what is missing, and nothing is stored`() async throws {
            try await scene { rig, keeper in
                try await keeper.importGrants([GrantLine("known", try await rig.clientCredentials())])
                let refused = try await run(keeper, ["revalidate", "--all"])
                #expect(refused.status == 1)
                #expect(refused.errors.contains("libcurl cannot be loaded"))
                #expect(refused.errors.contains("hint: install it"))
                #expect(try await keeper.standing(of: "known") == "active")
                let doctor = try await run(keeper, ["doctor"])
                #expect(doctor.output.contains("LOOK libcurl: "))
                #expect(doctor.status == 2)
            }
        }

        @Test
        func `Whoever asks nobody does without it`() async throws {
            try await scene { rig, keeper in
                try await keeper.importGrants([GrantLine("known", try await rig.clientCredentials())])
                for command in [["status"], ["grants", "list"], ["rotate", "--dry-run"]] {
                    let outcome = try await run(keeper, command)
                    #expect(!outcome.errors.contains("libcurl"), "\(command)")
                    #expect(outcome.status != 1, "\(command): \(outcome.errors)")
                }
            }
        }
    }
}
