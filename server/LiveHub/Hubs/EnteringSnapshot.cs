using LiveHub.Routing;
using LiveHub.Snapshots;

namespace LiveHub.Hubs;

/// <summary>What a connection reads at one time, to enter in one step.</summary>
/// <param name="Asked">New subscriptions that were asked for together: the ids, and the connection's part in the shape of each.</param>
/// <param name="Again">What is live and was invalidated.</param>
/// <param name="Attempt">From 1: how often those that were asked for have been read.</param>
internal sealed record SnapshotRequest(IReadOnlyList<(long Id, ShapeMember Member)> Asked, IReadOnlyList<ShapeMember> Again, int Attempt)
{
    public List<ShapeMember> Members() => [.. Asked.Select(s => s.Member).Concat(Again).Distinct()];
}

/// <summary>What became of a snapshot that was to enter.</summary>
internal enum Entry
{
    /// <summary>It is in, or nobody wants it any longer.</summary>
    Done,

    /// <summary>Rows were invalidated while it was taken: it may show some of that, and not all.</summary>
    Invalidated,

    /// <summary>The log no longer reaches back to where it was read.</summary>
    LogTooShort,
}

/// <summary>A snapshot that was read, on its way into a connection.</summary>
/// <param name="Request">What it was read for.</param>
/// <param name="Members">Whose rows it holds, in the order in which it holds them.</param>
/// <param name="Snapshot">The rows; the router has routed all that they show.</param>
internal sealed record EnteringSnapshot(SnapshotRequest Request, IReadOnlyList<ShapeMember> Members, Snapshot Snapshot)
{
    private readonly TaskCompletionSource<Entry> _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the transport has taken the rows, or they are of no use.</summary>
    public Task<Entry> Written => _written.Task;

    public void MarkWritten(Entry entry) => _written.TrySetResult(entry);

    /// <summary>Those whose rows are still wanted.</summary>
    public List<ShapeMember> Open(Subscriptions subscriptions)
    {
        var asked = Request.Asked.Where(s => subscriptions.IsOpen(s.Id, s.Member)).Select(s => s.Member);
        return [.. asked.Concat(Request.Again.Where(m => !m.HasLeft)).Distinct()];
    }
}
