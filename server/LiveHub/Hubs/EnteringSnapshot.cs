using LiveHub.Changes;
using LiveHub.Routing;
using LiveHub.Snapshots;

namespace LiveHub.Hubs;

/// <summary>What became of a snapshot that was to enter.</summary>
internal enum Entry
{
    /// <summary>It is in, or nobody wants it any longer.</summary>
    Done,

    /// <summary>It is long: more of it is to be written before it is in.</summary>
    OnItsWay,

    /// <summary>Rows were invalidated while it was taken: it may show some of that, and not all.</summary>
    Invalidated,

    /// <summary>The log no longer reaches back to where it was read.</summary>
    LogTooShort,
}

/// <summary>A shape that enters.</summary>
/// <param name="Member">The connection's part in it.</param>
/// <param name="From">What its rows are as of, or before.</param>
/// <param name="ReadAt">Invalidations up to here are in its rows.</param>
/// <param name="Rows">Those that were read; null where the client has them.</param>
internal sealed record EnteringShape(ShapeMember Member, Position From, long ReadAt, SnapshotRows? Rows);

/// <summary>A snapshot that was read, or need not be, on its way into a connection.</summary>
/// <param name="Request">What it is for.</param>
/// <param name="Shapes">What enters; the router has routed all that the rows show.</param>
/// <param name="Seen">The log up to here holds everything that the rows show.</param>
/// <param name="Taken">To be disposed of when the rows are not needed any longer; null where that is not up to this.</param>
internal sealed record EnteringSnapshot(SnapshotRequest Request, IReadOnlyList<EnteringShape> Shapes, long Seen, TakenSnapshots? Taken = null)
{
    private readonly TaskCompletionSource<Entry> _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How its rows are written, where they are more than can be written at once.</summary>
    public SnapshotStream? Stream { get; } = SnapshotStream.IsFor(Shapes) ? new(Shapes) : null;

    /// <summary>Completes when the transport has taken the rows, or they are of no use; fails where they could not be read back.</summary>
    public Task<Entry> Written => _written.Task;

    public void MarkWritten(Entry entry) => _written.TrySetResult(entry);

    public void MarkFailed(Exception exception) => _written.TrySetException(exception);

    /// <summary>Those that are still wanted.</summary>
    public List<EnteringShape> Open(Subscriptions subscriptions)
    {
        var wanted = Request.Asked.Concat(Resumed(subscriptions)).Where(s => subscriptions.IsOpen(s.Id, s.Member)).Select(s => s.Member)
            .Concat(Request.Again.Where(m => !m.HasLeft)).ToHashSet();
        return [.. Shapes.Where(s => wanted.Contains(s.Member))];
    }

    /// <summary>The subscriptions whose rows the client keeps.</summary>
    public IEnumerable<OpenSubscription> Resumed(Subscriptions subscriptions)
        => (Request.Resumed?.Subscriptions ?? []).Where(s => subscriptions.IsOpen(s.Id, s.Member));
}
