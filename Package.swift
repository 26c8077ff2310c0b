// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "grantkeeper",
    targets: [
        .target(name: "Records"),
        .target(name: "Grants", dependencies: ["Records"]),
        .target(name: "HTTPTransport"),
        .target(name: "GrantsTestSupport"),
        .systemLibrary(
            name: "CCurl",
            pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]
        ),
        .target(name: "CurlTransport", dependencies: ["CCurl", "HTTPTransport"]),
        .testTarget(name: "RecordsTests", dependencies: ["GrantsTestSupport", "Records"]),
        .testTarget(name: "GrantsTests", dependencies: ["Grants", "GrantsTestSupport"]),
        .testTarget(
            name: "CurlTransportTests",
            dependencies: ["CurlTransport", "HTTPTransport"],
            exclude: ["Servers"]
        ),
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
    if ["CurlTransport", "Grants", "HTTPTransport", "Records"].contains(target.name) {
        target.swiftSettings?.append(.strictMemorySafety())
    }
}
