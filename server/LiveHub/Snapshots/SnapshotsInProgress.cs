using Microsoft.Extensions.Options;

namespace LiveHub.Snapshots;

/// <summary>
/// Snapshots that are being read, or are on their way to clients: what has come into the log since they were begun joins them, and has to be remembered for so
/// long (rule 10). But not for ever: a client may take as long as it likes.
/// </summary>
internal sealed class SnapshotsInProgress(IOptions<LiveHubOptions> options, TimeProvider time)
{
    /// <summary>How long after the longest read.</summary>
    private static readonly TimeSpan Beyond = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly LinkedList<Snapshot> _all = new();

    /// <summary>A snapshot begins, or is about to.</summary>
    /// <param name="from">Where the log is, or was before.</param>
    /// <returns>To be disposed of when nobody needs it any longer.</returns>
    public IDisposable Begin(long from)
    {
        var snapshot = new Snapshot(this, from, time.GetUtcNow() + options.Value.SnapshotTimeout + Beyond);
        lock (_lock)
        {
            // They come almost in order.
            var before = _all.Last;
            while (before?.Value.From > from)
            {
                before = before.Previous;
            }

            snapshot.Place = before is null ? _all.AddFirst(snapshot) : _all.AddAfter(before, snapshot);
        }

        return snapshot;
    }

    /// <summary>What comes after this offset is needed; the largest number where nothing is.</summary>
    public long NeededAfter(DateTimeOffset now)
    {
        lock (_lock)
        {
            while (_all.First is { Value: var oldest } && oldest.Until < now)
            {
                oldest.Dispose();
            }

            return _all.First?.Value.From ?? long.MaxValue;
        }
    }

    private sealed class Snapshot(SnapshotsInProgress all, long from, DateTimeOffset until) : IDisposable
    {
        public long From => from;

        public DateTimeOffset Until => until;

        public LinkedListNode<Snapshot>? Place { get; set; }

        public void Dispose()
        {
            lock (all._lock)
            {
                if (Place is { } place)
                {
                    all._all.Remove(place);
                    Place = null;
                }
            }
        }
    }
}
