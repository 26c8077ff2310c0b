// swift-tools-version: 6.2
import PackageDescription

let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "grantkeeper",
    products: [.executable(name: "grantkeeper", targets: ["grantkeeper"])],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", .upToNextMinor(from: "7.10.0")),
        .package(url: "https://github.com/apple/swift-crypto", .upToNextMinor(from: "4.5.2")),
        .package(url: "https://github.com/apple/swift-argument-parser", .upToNextMinor(from: "1.8.2")),
        .package(url: "https://github.com/apple/swift-log", .upToNextMinor(from: "1.16.2")),
        .package(url: "https://github.com/apple/swift-metrics", .upToNextMinor(from: "2.13.0")),
        .package(url: "https://github.com/apple/swift-system", .upToNextMinor(from: "1.8.1")),
        .package(url: "https://github.com/hummingbird-project/hummingbird", .upToNextMinor(from: "2.28.1")),
        .package(url: "https://github.com/jpsim/Yams", .upToNextMinor(from: "6.2.2")),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", .upToNextMinor(from: "2.13.0")),
        .package(url: "https://github.com/swiftlang/swift-subprocess", .upToNextMinor(from: "1.0.2")),
    ],
    targets: [
        // The domain and what it is read from.
        .target(name: "Records"),
        .target(name: "Grants", dependencies: ["Records"]),
        .target(name: "Scopes", dependencies: ["Grants", "Records"]),
        .target(name: "ConfigurationFiles", dependencies: ["Grants", "Records", "Scheduling", "Scopes", yams]),
        .target(name: "Scheduling", dependencies: ["Grants", "Records"]),
        .target(name: "RotationWorker", dependencies: ["Grants", "Records", "Scheduling", crypto, logging, metrics]),

        // What speaks with the world.
        .target(name: "HTTPTransport"),
        .systemLibrary(
            name: "CSQLite",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"])]
        ),
        // Compiled against libcurl's headers (Debian: libcurl4-openssl-dev), and not linked: it is loaded when needed.
        .target(name: "CCurl"),
        .target(name: "CurlTransport", dependencies: ["CCurl", "HTTPTransport"]),
        .target(name: "OAuthProvider", dependencies: ["Grants", "HTTPTransport", "Records"]),
        .target(name: "EventDelivery", dependencies: ["Grants", subprocess, system]),
        .target(name: "SQLiteStore", dependencies: ["CSQLite", "Grants", "Records", grdb, sqlite, crypto]),
        .target(
            name: "Sandbox",
            dependencies: ["Grants", "Records", hummingbird, hummingbirdCore, logging]
        ),
        .target(
            name: "Monitoring",
            dependencies: ["Records", hummingbird, hummingbirdCore, lifecycle, logging, metrics]
        ),

        // The program.
        .target(
            name: "GrantkeeperCommands",
            dependencies: [
                "ConfigurationFiles", "CurlTransport", "EventDelivery", "Grants", "HTTPTransport", "OAuthProvider",
                "Monitoring", "Records", "RotationWorker", "SQLiteStore", "Sandbox", "Scheduling", "Scopes",
                argumentParser, crypto, lifecycle, logging, metrics, signals, subprocess,
            ],
            resources: [
                .embedInCode("Shipped/grantkeeper.yaml"),
                .embedInCode("Shipped/expire-nightly.yaml"),
                .embedInCode("Shipped/revalidate.yaml"),
                .embedInCode("Shipped/audit-checkpoint.yaml"),
                .embedInCode("Shipped/purge-weekly.yaml"),
            ]
        ),
        .systemLibrary(name: "CMalloc"),
        .executableTarget(name: "grantkeeper", dependencies: ["CMalloc", "GrantkeeperCommands"]),

        .target(name: "GrantsTestSupport"),
        // Judges the planner by what was true; built for speed by `make oracle`.
        .executableTarget(name: "oracle", dependencies: ["Grants", "GrantsTestSupport"], path: "Tests/Oracle"),
        .testTarget(name: "RecordsTests", dependencies: ["GrantsTestSupport", "Records"]),
        .testTarget(name: "GrantsTests", dependencies: ["Grants", "GrantsTestSupport"]),
        .testTarget(name: "ScopesTests", dependencies: ["Grants", "GrantsTestSupport", "Scopes"]),
        .testTarget(
            name: "ConfigurationFilesTests",
            dependencies: ["ConfigurationFiles", "Grants", "GrantsTestSupport", "Scheduling", "Scopes"]
        ),
        .testTarget(
            name: "CurlTransportTests",
            dependencies: ["CurlTransport", "HTTPTransport"],
            exclude: ["Servers"]
        ),
        .testTarget(name: "OAuthProviderTests", dependencies: ["Grants", "HTTPTransport", "OAuthProvider"]),
        .testTarget(
            name: "SQLiteStoreTests",
            dependencies: ["Grants", "GrantsTestSupport", "SQLiteStore", grdb, sqlite]
        ),
        .testTarget(name: "EventDeliveryTests", dependencies: ["EventDelivery", "Grants", "GrantsTestSupport"]),
        .testTarget(
            name: "RotationWorkerTests",
            dependencies: [
                "Grants", "GrantsTestSupport", "Records", "RotationWorker", "SQLiteStore", "Scheduling", grdb, logging,
                metrics,
            ]
        ),
        .testTarget(
            name: "StoreOracleTests",
            dependencies: [
                "Grants", "GrantsTestSupport", "HTTPTransport", "OAuthProvider", "RotationWorker", "SQLiteStore",
                "oracle",
            ]
        ),
        .testTarget(name: "SchedulingTests", dependencies: ["Grants", "GrantsTestSupport", "Records", "Scheduling"]),
        .testTarget(
            name: "MonitoringTests",
            dependencies: [
                "Grants", "GrantkeeperCommands", "GrantsTestSupport", "Monitoring", "Records", "RotationWorker",
                lifecycle, logging, metrics, subprocess, system,
            ]
        ),
        .testTarget(name: "SandboxTests", dependencies: ["Grants", "GrantsTestSupport", "Records", "Sandbox"]),
        .testTarget(
            name: "GrantkeeperCommandsTests",
            dependencies: [
                "GrantkeeperCommands", "Grants", "GrantsTestSupport", "Monitoring", "OAuthProvider", "Records",
                "RotationWorker", "SQLiteStore", "Sandbox", "Scheduling", grdb, logging, subprocess, system,
            ]
        ),
        // The program itself is run, so it has to be built first.
        .testTarget(
            name: "RealServerTests",
            dependencies: ["Grants", "GrantsTestSupport", "Records", "grantkeeper", subprocess, system]
        ),
    ],
    swiftLanguageModes: [.v6]
)

/// Targets whose dependencies allow strict memory safety.
let strictlySafe: Set = [
    "ConfigurationFiles", "CurlTransport", "Grants", "HTTPTransport", "OAuthProvider", "Records", "Scheduling",
    "Scopes",
]

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .treatAllWarnings(as: .error),
        .treatWarning("DeprecatedDeclaration", as: .warning),
    ]
    if strictlySafe.contains(target.name) {
        target.swiftSettings?.append(.strictMemorySafety())
    }
}
