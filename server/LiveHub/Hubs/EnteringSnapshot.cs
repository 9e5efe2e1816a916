using LiveHub.Changes;
using LiveHub.Routing;
using LiveHub.Snapshots;

namespace LiveHub.Hubs;

/// <summary>Subscriptions that were asked for together: they are read together and enter together.</summary>
/// <param name="Subscriptions">The ids, and the connection's part in the shape of each.</param>
/// <param name="Attempt">From 1; a snapshot that the log no longer reaches is read again.</param>
internal sealed record SnapshotRequest(IReadOnlyList<(long Id, ShapeMember Member)> Subscriptions, int Attempt);

/// <summary>A snapshot that was read, on its way into a connection.</summary>
/// <param name="Request">Whose it is.</param>
/// <param name="From">Where the router was when the read began, after all had joined: what comes later is replayed.</param>
/// <param name="Snapshot">The rows; the router has routed all that they show.</param>
internal sealed record EnteringSnapshot(SnapshotRequest Request, Position From, Snapshot Snapshot)
{
    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the transport has taken the rows, or they are no longer wanted.</summary>
    public Task Written => _written.Task;

    public void MarkWritten() => _written.TrySetResult();
}
