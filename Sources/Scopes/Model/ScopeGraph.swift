/// What covers what: the reflexive and transitive closure of `implies` and of what blankets stand for.
///
/// Nodes that cover each other (a cycle) are one component; all of them cover the same.
struct ScopeGraph: Sendable {
    /// By node.
    let component: [Int]
    /// By component, ascending.
    let members: [[Int]]
    /// By component: what its nodes cover besides the component itself.
    private let below: [CoveredScopes]
    /// By component: the components right below it (the transitive reduction), by their first members, ascending.
    let reduction: [[Int]]

    /// Of `edges`: by node, the nodes that it covers directly.
    init(edges: [[Int]]) {
        let components = Components(edges: edges)
        let component = components.ofNode
        let members = components.members
        var below: [CoveredScopes] = []
        below.reserveCapacity(members.count)
        var reduction: [[Int]] = []
        reduction.reserveCapacity(members.count)
        // A component is numbered after all that it reaches.
        for (number, nodes) in members.enumerated() {
            var direct: Set<Int> = []
            for node in nodes {
                for target in edges[node] where component[target] != number { direct.insert(component[target]) }
            }
            var set = ScopeSet()
            for target in direct { set.formUnion(below[target]) }
            // What is right below is below nothing else that is.
            reduction.append(direct.map { members[$0][0] }.filter { !set.contains($0) }.sorted())
            for target in direct {
                for node in members[target] { set.insert(node) }
            }
            below.append(CoveredScopes(set))
        }
        self.component = component
        self.members = members
        self.below = below
        self.reduction = reduction
    }

    var count: Int { component.count }

    func covers(_ node: Int, _ other: Int) -> Bool {
        component[node] == component[other] || below[component[node]].contains(other)
    }

    /// Whether the node is on a cycle with others.
    func isCyclic(_ node: Int) -> Bool { members[component[node]].count > 1 }

    /// All that the node covers, itself included.
    func closure(of node: Int) -> ScopeSet {
        var set = ScopeSet()
        set.formUnion(below[component[node]])
        for member in members[component[node]] { set.insert(member) }
        return set
    }

    /// All that any of the nodes covers, themselves included.
    func closure(of nodes: some Sequence<Int>) -> ScopeSet {
        var set = ScopeSet()
        for node in nodes where !set.contains(node) {
            set.formUnion(below[component[node]])
            for member in members[component[node]] { set.insert(member) }
        }
        return set
    }

    /// All that covers the node, itself included.
    func covering(_ node: Int) -> ScopeSet {
        ScopeSet((0..<count).filter { covers($0, node) })
    }

    /// Whether the node covers none of `others`.
    func isClear(_ node: Int, of others: ScopeSet) -> Bool {
        below[component[node]].isDisjoint(with: others)
            && !members[component[node]].contains { others.contains($0) }
    }

    /// The nodes that no other of them covers; of those that cover each other the first; ascending.
    func minimalCover(of nodes: some Sequence<Int>) -> [Int] {
        var candidates: [Int] = []
        var covered = ScopeSet()
        var seen: Set<Int> = []
        for node in ScopeSet(nodes) where seen.insert(component[node]).inserted {
            candidates.append(node)
            covered.formUnion(below[component[node]])
        }
        return candidates.filter { !covered.contains($0) }
    }
}

/// The strongly connected components (Tarjan, 1972), without recursion: a chain may be 10,000 long.
private struct Components {
    private(set) var ofNode: [Int]
    private(set) var members: [[Int]] = []

    private struct Visit {
        let node: Int
        var next = 0
    }

    init(edges: [[Int]]) {
        let count = edges.count
        ofNode = Array(repeating: -1, count: count)
        var order = Array(repeating: -1, count: count)
        var lowest = Array(repeating: 0, count: count)
        var open: [Int] = []
        var path: [Visit] = []
        var clock = 0
        for root in 0..<count where order[root] < 0 {
            path.append(Visit(node: root))
            while let visit = path.last {
                let node = visit.node
                if visit.next == 0, order[node] < 0 {
                    order[node] = clock
                    lowest[node] = clock
                    clock += 1
                    open.append(node)
                }
                if visit.next < edges[node].count {
                    path[path.count - 1].next += 1
                    let target = edges[node][visit.next]
                    if order[target] < 0 {
                        path.append(Visit(node: target))
                    } else if ofNode[target] < 0 {
                        lowest[node] = min(lowest[node], order[target])
                    }
                    continue
                }
                path.removeLast()
                if let parent = path.last?.node { lowest[parent] = min(lowest[parent], lowest[node]) }
                guard lowest[node] == order[node] else { continue }
                var found: [Int] = []
                while let last = open.popLast() {
                    ofNode[last] = members.count
                    found.append(last)
                    if last == node { break }
                }
                members.append(found.sorted())
            }
        }
    }
}
