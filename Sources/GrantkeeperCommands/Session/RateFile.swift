internal import Crypto
internal import FoundationEssentials
internal import Glibc
internal import Grants
internal import OAuthProvider

/// The file beside a store in which all processes that use it keep to one rate for each provider.
///
/// It is mapped into memory, like SQLite's own `-shm` beside it, and holds no more than when each bucket is full again:
/// on the machine's boot clock, so that a restart of the machine makes it void. It may be deleted while none runs.
struct RateFile: Sendable {
    /// Why the rates cannot be shared.
    struct Failure: Error, Sendable {
        let message: String
        let hint = "see that the service's user may write beside the store; until then each process keeps to it alone"
    }

    /// The memory, for as long as any bucket in it is in use.
    // Unchecked because of the pointer: all that is behind it after the opening is the buckets' atomics.
    private final class Mapping: @unchecked Sendable {
        let address: UnsafeMutableRawPointer

        init(_ address: UnsafeMutableRawPointer) { self.address = address }

        deinit { munmap(address, RateFile.size) }
    }

    private static let magic = Array("grantkeeper rates 1\n".utf8)
    /// A header of 64 bytes (magic, boot id), and as many for each provider: its name's digest, then the buckets.
    private static let slot = 64
    private static let slots = 255
    private static let digest = 32
    private static let size = slot * (1 + slots)

    private let mapping: Mapping
    private let descriptor: Descriptor

    /// Opens the file, and makes it where the store's directory has none.
    init(besideStore store: String) throws(Failure) {
        let path = store + "-rates"
        // No link, which may lead anywhere; not blocking, it may be a pipe.
        let number = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        guard number >= 0 else { throw Self.failure("cannot open '\(path)'", errno) }
        let descriptor = Descriptor(number)
        var status = stat()
        guard fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1 else {
            throw Self.failure("'\(path)' is not a regular file of one name", 0)
        }
        Self.give(number, to: store)
        guard descriptor.lock() else { throw Self.failure("cannot lock '\(path)'", errno) }
        defer { descriptor.unlock() }
        let header = Self.header()
        if descriptor.read(count: header.count) != header || status.st_size != Int64(Self.size) {
            // Written in full, so that no page of it waits for room on the disk.
            guard descriptor.write(header + [UInt8](repeating: 0, count: Self.size - header.count)) else {
                throw Self.failure("cannot write '\(path)'", errno)
            }
        }
        let address = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, number, 0)
        guard let address, address != MAP_FAILED else { throw Self.failure("cannot map '\(path)'", errno) }
        mapping = Mapping(address)
        self.descriptor = descriptor
    }

    /// The buckets of a provider; nil: there are too many providers, or the file cannot be locked.
    func buckets(of provider: ProviderID) -> RateBuckets? {
        guard descriptor.lock() else { return nil }
        defer { descriptor.unlock() }
        let key = Array(SHA256.hash(data: Array(provider.rawValue.utf8)))
        for index in 1...Self.slots {
            let place = mapping.address + index * Self.slot
            let name = UnsafeMutableRawBufferPointer(start: place, count: Self.digest)
            if name.allSatisfy({ $0 == 0 }) { name.copyBytes(from: key) }
            if name.elementsEqual(key) { return RateBuckets(at: place + Self.digest, keeping: mapping) }
        }
        return nil
    }

    private static func header() -> [UInt8] {
        let boot = FileManager.default.contents(atPath: "/proc/sys/kernel/random/boot_id") ?? Data()
        let text = magic + boot.prefix(slot - magic.count)
        return text + [UInt8](repeating: 0, count: slot - text.count)
    }

    /// What root makes belongs to the store's owner, or the service could not open it.
    private static func give(_ descriptor: Int32, to store: String) {
        guard geteuid() == 0 else { return }
        var status = stat()
        let parent = store.lastIndex(of: "/").map { String(store[...$0]) } ?? "."
        guard stat(store, &status) == 0 || stat(parent, &status) == 0 else { return }
        _ = fchown(descriptor, status.st_uid, status.st_gid)
    }

    private static func failure(_ what: String, _ code: Int32) -> Failure {
        let why = code == 0 ? "" : ": \(String(cString: strerror(code)).lowercased())"
        return Failure(message: "the request rates are not shared with other processes: \(what)\(why)")
    }
}

/// An open file, closed with its last holder.
private final class Descriptor: Sendable {
    private let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }

    /// For moments only: what a process holds that is killed, the system gives back.
    func lock() -> Bool {
        while flock(number, LOCK_EX) != 0 {
            guard errno == EINTR else { return false }
        }
        return true
    }

    func unlock() { flock(number, LOCK_UN) }

    func read(count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let done = bytes.withUnsafeMutableBytes { pread(number, $0.baseAddress, $0.count, 0) }
        return Array(bytes.prefix(max(0, done)))
    }

    func write(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { pwrite(number, $0.baseAddress, $0.count, 0) } == bytes.count
    }
}
