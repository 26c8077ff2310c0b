import Glibc
import Grants
import Testing

@testable import ConfigurationFiles

@Suite struct `Reading secrets` {
    @Test func `a file's line ends are no part of the secret, all else is`() throws {
        try withDirectory { directory in
            let path = directory + "/secret"
            for (text, secret) in [
                ("hunter2", "hunter2"), ("hunter2\n", "hunter2"), ("a\r\n", "a"), (" a\nb \n\n", " a\nb "),
            ] {
                try write(text, to: path)
                #expect(try SecretReader.read(.file(path)) == Secret(secret))
            }
        }
    }

    @Test(arguments: [0o640, 0o604, 0o620, 0o602, 0o644])
    func `a file that others can use is refused`(mode: Int) throws {
        try withDirectory { directory in
            let path = directory + "/secret"
            try write("hunter2\n", to: path, mode: mode_t(mode))
            let error = #expect(throws: SecretError.self) { try SecretReader.read(.file(path)) }
            #expect(error?.code == .exposed)
            #expect(error?.hint == "chmod 600 '\(path)'")
            #expect(error.map { "\($0)" }?.contains("hunter2") == false)
        }
    }

    @Test func `a file that is empty, missing, no file or too long is refused`() throws {
        try withDirectory { directory in
            let path = directory + "/secret"
            try write("\n", to: path)
            try write(String(repeating: "a", count: 70_000), to: directory + "/long")
            #expect(unsafe mkfifo(directory + "/pipe", 0o600) == 0)
            for (name, code) in [
                ("secret", SecretError.Code.empty), ("none", .missing), (".", .notRegular),
                ("pipe", .notRegular),
                ("long", .tooLong), ("secret/x", .unreadable),
            ] {
                let error = #expect(throws: SecretError.self) {
                    try SecretReader.read(.file("\(directory)/\(name)"))
                }
                #expect(error?.code == code)
            }
        }
    }

    @Test func `an environment variable is read, unless unset or empty`() throws {
        let variables = ["A": "x\n", "B": ""]
        #expect(try SecretReader.read(.environment("A")) { variables[$0] } == Secret("x\n"))
        #expect(throws: SecretError.self) { try SecretReader.read(.environment("B")) { variables[$0] } }
        #expect(throws: SecretError.self) { try SecretReader.read(.environment("C")) { variables[$0] } }
        #expect(throws: SecretError.self) { try SecretReader.read(.environment("GRANTKEEPER_TEST_UNSET")) }
    }

    @Test func `a credential is read from systemd's directory, whose files a group may read`() throws {
        try withDirectory { directory in
            try write("hunter2\n", to: directory + "/us", mode: 0o440)
            let systemd = { (name: String) in name == "CREDENTIALS_DIRECTORY" ? directory : nil }
            #expect(try SecretReader.read(.credential("us"), environment: systemd) == Secret("hunter2"))
            for name in ["../us", "a/b", "..", ""] {
                let error = #expect(throws: SecretError.self) {
                    try SecretReader.read(.credential(name), environment: systemd)
                }
                #expect(error?.code == .badName)
            }
            let error = #expect(throws: SecretError.self) {
                try SecretReader.read(.credential("us")) { _ in nil }
            }
            #expect(error?.hint?.contains("LoadCredential=us:PATH") == true)
        }
    }
}
