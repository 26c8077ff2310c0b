internal import Grants
internal import Records

extension StatusReport {
    /// One document; times are RFC 3339.
    func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("version", Program.version)
            writer.member("at", time: at.milliseconds)
            writer.member("healthy", needs.isEmpty)
            writer.array("needs") { writer in
                for need in needs {
                    writer.object { writer in
                        writer.member("code", need.code)
                        writer.member("message", need.message)
                        writer.member("hint", need.hint)
                    }
                }
            }
            writer.member("mode", mode.rawValue)
            writeGrants(&writer)
            writeWork(&writer)
            writeGates(&writer)
            writeSchedules(&writer)
            writeDelivery(&writer)
            writer.object("store") { writer in
                for file in files { writer.member("\(file.name)_bytes", file.bytes) }
                writer.member("journal_entries", overview.journalEntries)
                for room in rooms.prefix(1) { writer.member("free_bytes", room.free) }
            }
        }
        return writer.bytes
    }

    private func writeGrants(_ writer: inout JSONWriter) {
        writer.member("live", live)
        writer.array("grants") { writer in
            for (partition, counts) in counts.sorted(by: { $0.key < $1.key }) {
                writer.object { writer in
                    writer.member("tenant", partition.tenant.rawValue)
                    writer.member("provider", partition.provider.rawValue)
                    for standing in Standing.allCases {
                        writer.member(standing.rawValue, counts.standings[standing] ?? 0)
                    }
                }
            }
        }
    }

    private func writeWork(_ writer: inout JSONWriter) {
        writer.member("due", overview.due)
        writer.member("due_since", time: overview.oldestDue?.milliseconds)
        writer.numbers("questions", overview.questions.map { ($0.key.rawValue, $0.value) })
        writer.member("questions_since", time: overview.oldestQuestion?.milliseconds)
        writer.member("unjudgeable", overview.unjudgeable)
        writer.member("unknown", standstill.unknown.reduce(0) { $0 + $1.count })
        writer.member("cannot_revoke", standstill.unrevocable.values.reduce(0, +))
        writer.member("resurfaced", standstill.resurfaced)
        writer.object("revocations") { writer in
            writer.member("waiting", overview.revocations)
            writer.member("tried", overview.retried)
            writer.member("stuck", grants(.stuck))
            writer.member("next_try_at", time: overview.nextTry?.milliseconds)
        }
        writer.array("running") { writer in
            for lock in overview.locks {
                writer.object { writer in
                    writer.member("job", lock.job)
                    writer.member("since", time: lock.since.milliseconds)
                    writer.member("pid", Int(lock.pid))
                    writer.member("actor", raw: lock.owner.json)
                }
            }
        }
        writer.array("runs") { writer in
            for run in lastRuns {
                writer.object { writer in
                    writer.member("run", run.id)
                    writer.member("job", run.job)
                    writer.member("started_at", time: run.startedAt.milliseconds)
                    writer.member("ended_at", time: run.endedAt?.milliseconds)
                    writer.member("outcome", run.outcome)
                    writer.member("running", isRunning(run))
                }
            }
        }
    }

    private func writeGates(_ writer: inout JSONWriter) {
        writer.array("held_plans") { writer in
            for plan in heldPlans {
                writer.object { writer in
                    HeldPlans.write(plan, to: &writer)
                    writer.member("held_at", time: plan.heldAt.milliseconds)
                }
            }
        }
        writer.array("freezes") { writer in
            for freeze in freezes {
                writer.object { writer in
                    writer.member("tenant", freeze.selection.tenant?.rawValue)
                    writer.member("provider", freeze.selection.provider?.rawValue)
                    writer.member("client", freeze.selection.client?.rawValue)
                    writer.member("reason", freeze.reason)
                    writer.member("since", time: freeze.since.milliseconds)
                }
            }
        }
        writer.array("providers") { writer in
            for provider in Set(providers).union(holds.keys).union(breakers.keys).sorted() {
                writer.object { writer in
                    writer.member("id", provider.rawValue)
                    writer.member("held", holds[provider]?.why)
                    writer.member("held_since", time: holds[provider]?.since.milliseconds)
                    writer.member("silent", breakers[provider]?.lastError)
                    writer.member("silent_since", time: breakers[provider]?.openedAt.milliseconds)
                    writer.member("retry_at", time: breakers[provider]?.retryAt.milliseconds)
                    writer.member("stuck", stuck(at: provider))
                    writer.array("canaries") { writer in
                        for (kind, state) in (canaries[provider] ?? [:]).sorted(by: {
                            $0.key.rawValue < $1.key.rawValue
                        }) {
                            writer.object { writer in
                                writer.member("kind", kind.rawValue)
                                writer.member("sound_at", time: state.soundAt?.milliseconds)
                                writer.member("failing_since", time: state.failingSince?.milliseconds)
                                writer.member("why", state.why)
                            }
                        }
                    }
                }
            }
        }
    }

    private func writeSchedules(_ writer: inout JSONWriter) {
        writer.array("schedules") { writer in
            for line in schedules {
                writer.object { writer in
                    writer.member("name", line.name)
                    writer.member("job", line.job)
                    writer.member("last_success_at", time: line.record?.succeededAt?.milliseconds)
                    writer.member("scheduled_at", time: line.record?.scheduledAt?.milliseconds)
                    writer.member("outcome", line.record?.outcome)
                    writer.member("failures", line.record?.failures ?? 0)
                    writer.member("paused", line.record?.isPaused ?? false)
                }
            }
        }
    }

    private func writeDelivery(_ writer: inout JSONWriter) {
        writer.array("sinks") { writer in
            for sink in sinks {
                writer.object { writer in
                    writer.member("id", sink.id)
                    writer.member("behind", sink.behind)
                    writer.member("behind_since", time: sink.oldest?.milliseconds)
                    writer.member("failures", sink.failures)
                    writer.member("last_error", sink.lastError)
                }
            }
        }
        writer.array("feeds") { writer in
            for feed in feeds {
                writer.object { writer in
                    writer.member("id", feed.id)
                    writer.member("observed_until", time: feed.observedUntil?.milliseconds)
                    writer.member("stale", feed.isStale)
                    writer.member("mapped", feed.mapped)
                    writer.member("unmapped", feed.unmapped)
                    writer.member("unreadable", feed.unreadable)
                    writer.member("max_unreadable", feed.maxUnreadable)
                    if let first = feed.firstUnreadable {
                        writer.object("first_unreadable") { writer in
                            writer.member("place", first.place)
                            writer.member("problem", first.problem)
                            writer.member("sample", first.sample)
                            writer.member("read_at", time: first.readAt.milliseconds)
                        }
                    }
                    writer.member("unread_inputs", feed.unreadInputs)
                }
            }
        }
    }
}
