using LiveHub.Changes;
using LiveHub.Routing;

namespace LiveHub.Hubs;

/// <summary>
/// More was routed than may wait for a connection, and was dropped: the log alone has it, and the connection goes on from its last step (rule 19). For its pump
/// alone.
/// </summary>
internal sealed class Backlog(Router router, SendQueue queue, Subscriptions subscriptions)
{
    /// <summary>Up to here everything is in the log alone.</summary>
    private long _through;

    /// <summary>What the shapes that have entered are as of; null where nothing is missing.</summary>
    public Position? From { get; private set; }

    /// <summary>The queue has overflowed. What of it is dropped is caught up with, as far as the first invalidation in it.</summary>
    public void Begin(Position position)
    {
        var from = From ??= position;
        _through = router.Reopen(queue);
        var entered = subscriptions.Entered();
        queue.PutBack((router.ReadInvalidations(from.Offset, _through) ?? []).Reverse().Where(i => entered.Exists(i.Concerns)));
    }

    /// <summary>All that the connection shows is at one position: what has fallen behind comes along with what enters.</summary>
    public List<EnteringShape> With(List<EnteringShape> entering)
    {
        if (From is not { } behind)
        {
            return entering;
        }

        var known = entering.Select(e => e.Member).ToHashSet();
        return [.. entering, .. subscriptions.Entered().Where(m => !known.Contains(m)).Select(m => new EnteringShape(m, behind, m.ReadAt, Rows: null))];
    }

    /// <summary>What was missing is written up to a position.</summary>
    public void CaughtUp(Position through) => From = From is not null && through.Offset < _through ? through : null;

    /// <summary>Nothing shows what was missing.</summary>
    public void Clear() => From = null;

    /// <summary>Whether some of it may be caught up with now.</summary>
    /// <param name="through">Everything up to here needs nothing from the database.</param>
    public bool MayGoOn(long through) => From?.Offset < Math.Min(_through, through);
}
