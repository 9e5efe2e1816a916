using System.Diagnostics;

namespace LiveHub.Diagnostics;

/// <summary>LiveHub's activities (spans), of the source <c>LiveHub</c>. Names are stable (docs/operations.md).</summary>
internal static class LiveHubActivities
{
    public const string SourceName = "LiveHub";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>What a changeset carries along, so that its way belongs to the trace of whoever saved it; null where nobody listens.</summary>
    public static string? Trace => Source.HasListeners() ? Activity.Current?.Id : null;

    /// <summary>A changeset is given to the connections that see it.</summary>
    public static Activity? Route(string? trace, long offset, int changes)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var parent = ActivityContext.TryParse(trace, traceState: null, out var saved) ? saved : default;
        return Source.StartActivity("livehub.route", ActivityKind.Consumer, parent)?
            .SetTag("livehub.offset", offset)
            .SetTag("livehub.changes", changes);
    }

    /// <summary>Shapes are read from the database.</summary>
    public static Activity? ReadSnapshot(int shapes)
        => Source.StartActivity("livehub.snapshot")?.SetTag("livehub.shapes", shapes);

    public static void Fail(this Activity? activity, Exception exception)
        => activity?.SetStatus(ActivityStatusCode.Error, exception.Message).AddException(exception);
}
