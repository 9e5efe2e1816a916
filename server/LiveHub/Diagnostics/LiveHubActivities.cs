using System.Diagnostics;

namespace LiveHub.Diagnostics;

/// <summary>
/// LiveHub's activities (spans), of the source <c>LiveHub</c>. Names are stable (docs/operations.md). Listeners are the application's; what they throw
/// concerns nobody here.
/// </summary>
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
        return Start("livehub.route", ActivityKind.Consumer, parent)?
            .SetTag("livehub.offset", offset)
            .SetTag("livehub.changes", changes);
    }

    /// <summary>Shapes are read from the database.</summary>
    public static Activity? ReadSnapshot(int shapes)
        => Start("livehub.snapshot", ActivityKind.Internal, Activity.Current?.Context ?? default)?.SetTag("livehub.shapes", shapes);

    public static void Fail(this Activity? activity, Exception exception)
        => Guarded(() => activity?.SetStatus(ActivityStatusCode.Error, exception.Message).AddException(exception));

    /// <summary>It is over. Twice is harmless.</summary>
    public static void End(this Activity? activity)
    {
        if (activity is not null)
        {
            Guarded(() =>
            {
                activity.Dispose();
                return activity;
            });
        }
    }

    private static Activity? Start(string name, ActivityKind kind, ActivityContext parent)
    {
        var outer = Activity.Current;
        var started = Guarded(() => Source.StartActivity(name, kind, parent));
        if (started is null && Activity.Current != outer)
        {
            // A listener threw when it had begun already.
            Activity.Current = outer;
        }

        return started;
    }

    private static Activity? Guarded(Func<Activity?> use)
    {
        try
        {
            return use();
        }
        catch (Exception)
        {
            return null;
        }
    }
}
