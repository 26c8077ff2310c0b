/// The files beside the server.
enum Fixture {
    private static let folder: String = {
        // A default argument would name the caller's file instead of this one.
        var folders = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        folders.removeLast(2)
        return folders.joined(separator: "/") + "/Servers/"
    }()

    static let authority = path("authority.pem")

    static func path(_ name: String) -> String {
        folder + name
    }
}
