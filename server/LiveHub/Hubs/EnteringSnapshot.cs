using LiveHub.Changes;
using LiveHub.Routing;
using LiveHub.Snapshots;

namespace LiveHub.Hubs;

/// <summary>Subscriptions that were asked for together, on their way in.</summary>
/// <param name="Subscriptions">The ids, and the connection's part in the shape of each.</param>
/// <param name="From">Where the router was before any of them joined: what comes later is delivered or replayed.</param>
/// <param name="Attempt">From 1; a snapshot that the log no longer reaches is read again.</param>
internal sealed record EnteringSnapshot(IReadOnlyList<(long Id, ShapeMember Member)> Subscriptions, Position From, int Attempt)
{
    public Snapshot? Snapshot { get; init; }
}
