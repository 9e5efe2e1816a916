using LiveHub.Routing;

namespace LiveHub.Hubs;

/// <summary>Which of a connection's shapes show rows that may have changed unseen, and which changesets wait for that.</summary>
internal sealed class InvalidatedShapes(Router router, SendQueue queue, Subscriptions subscriptions)
{
    private IReadOnlyList<RoutedInvalidation> Waiting => queue.Invalidations(router.Routed.Offset);

    /// <summary>Whether something waits until shapes were read again.</summary>
    public bool HoldUp => Waiting.Count > 0;

    /// <summary>Everything up to here needs nothing more than what is in the queue.</summary>
    public long Through => Waiting is [var first, ..] ? first.Position.Offset - 1 : long.MaxValue;

    /// <summary>What is to be read again, in any order. What has not entered yet is about to be, as it will be then.</summary>
    /// <param name="last">Where the last invalidation is that they are to be read after.</param>
    public List<ShapeMember> Find(out long last)
    {
        var waiting = Waiting;
        last = waiting is [.., var newest] ? newest.Position.Offset : 0;
        return waiting.Count == 0 ? [] : subscriptions.Members().FindAll(member => member.HasEntered && waiting.Any(i => i.Concerns(member)));
    }

    /// <summary>The first invalidation that still holds something up when some shapes enter.</summary>
    public RoutedInvalidation? First(IReadOnlyCollection<EnteringShape> entering) => First(Waiting, entering);

    /// <summary>Lets go of the invalidations, up to the first that concerns something, that concern nothing any longer.</summary>
    /// <returns>Whether there were any.</returns>
    public bool Settle()
    {
        var waiting = Waiting;
        if (waiting.Count == 0)
        {
            return false;
        }

        var through = First(waiting, []) is { } first ? first.Position.Offset - 1 : waiting[^1].Position.Offset;
        queue.Settle(through);
        return waiting[0].Position.Offset <= through;
    }

    private RoutedInvalidation? First(IReadOnlyList<RoutedInvalidation> waiting, IReadOnlyCollection<EnteringShape> entering)
    {
        if (waiting.Count == 0)
        {
            return null;
        }

        var readAt = entering.ToDictionary(e => e.Member, e => e.ReadAt);
        var members = subscriptions.Members();
        return waiting.FirstOrDefault(i => members.Exists(m => i.Concerns(m, readAt.GetValueOrDefault(m, m.ReadAt))));
    }
}
