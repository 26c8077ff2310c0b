internal import ArgumentParser

struct ScopesGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scopes",
        abstract: "Which scopes there are, who may hold which, and what is asked for.",
        subcommands: [
            ScopesCheck.self, ScopesExplain.self, ScopesDiff.self, ScopesGrantable.self, ScopesRecommend.self,
            ScopesIsolation.self,
        ]
    )
}
