// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "grantkeeper",
    targets: [
        .target(name: "Records"),
        .target(name: "Grants", dependencies: ["Records"]),
        .testTarget(name: "RecordsTests", dependencies: ["Records"]),
        .testTarget(name: "GrantsTests", dependencies: ["Grants", "Records"]),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .treatAllWarnings(as: .error),
        .treatWarning("DeprecatedDeclaration", as: .warning),
    ]
    if ["Grants", "Records"].contains(target.name) {
        target.swiftSettings?.append(.strictMemorySafety())
    }
}
