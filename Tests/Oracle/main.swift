import Glibc
import Grants

let arguments: Arguments
do {
    arguments = try Arguments(Array(CommandLine.arguments.dropFirst()))
} catch {
    let words = Array("oracle: error: \(error)\n".utf8)
    _ = words.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    exit(64)
}

if let world = arguments.world {
    exit(Campaign.show(World(seed: arguments.seed, number: world), arguments.mutant) ? 0 : 1)
}
var campaign = Campaign(arguments.seed)
campaign.play(arguments.grantDays)
if let mutantDays = arguments.mutantDays { campaign.playMutants(mutantDays) }
campaign.close(arguments.grantDays)
exit(campaign.failed == 0 ? 0 : 1)
