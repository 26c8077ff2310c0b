internal import Grants
internal import Records

/// How long the due questions take.
enum Forecasts {
    /// A line for each provider that needs a person's look, and none else.
    static func show(_ forecasts: [RevalidationForecast], on console: Console) {
        for forecast in forecasts where forecast.isWorthTelling {
            console.line("asking \(forecast.provider): \(forecast.words)")
        }
    }

    static func write(_ forecasts: [RevalidationForecast], to writer: inout JSONWriter) {
        writer.array("forecast") { writer in
            for forecast in forecasts {
                writer.beginObject()
                writer.member("provider", forecast.provider.rawValue)
                writer.member("due", forecast.due)
                writer.member("requests_per_second", forecast.requestsPerSecond)
                writer.member("seconds", forecast.seconds)
                writer.member("late_share", forecast.lateShare)
                writer.endObject()
            }
        }
    }
}
