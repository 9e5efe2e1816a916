using System.Diagnostics.Metrics;

namespace LiveHub.Diagnostics;

/// <summary>What LiveHub counts, under the meter <c>LiveHub</c>. Names are stable.</summary>
internal sealed class LiveHubMetrics
{
    public const string MeterName = "LiveHub";

    private readonly Counter<long> _failures;

    public LiveHubMetrics(IMeterFactory factory)
    {
        var meter = factory.Create(MeterName);
        _failures = meter.CreateCounter<long>(
            "livehub.failures", "{failure}", "Failures inside LiveHub. Each is logged; what it may have kept from readers, they read again.");
    }

    /// <param name="stage">Where: one of <see cref="Stages"/>.</param>
    /// <param name="exception">Of which type (OpenTelemetry's attribute error.type).</param>
    public void Failed(string stage, Exception exception)
        => _failures.Add(1, new("livehub.stage", stage), new("error.type", exception.GetType().FullName));
}

/// <summary>Stages of a change's way, as they are counted.</summary>
internal static class Stages
{
    public const string Capture = "capture";
    public const string Routing = "routing";
    public const string Snapshot = "snapshot";
    public const string Sending = "sending";
    public const string Message = "message";
}
