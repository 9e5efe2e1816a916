using LiveHub.Changes;
using LiveHub.Protocol;
using LiveHub.Routing;

namespace LiveHub.Hubs;

/// <summary>A subscription of the connection.</summary>
/// <param name="Id">The client's number for it.</param>
/// <param name="Member">The connection's part in its shape.</param>
/// <param name="Keys">Keys that rows show otherwise than they were asked for, for <see cref="ServerMessages.Subscribed"/>.</param>
internal sealed record OpenSubscription(long Id, ShapeMember Member, byte[]? Keys)
{
    /// <summary>Tells the client that it is accepted.</summary>
    /// <param name="resumed">Whether the client keeps its rows.</param>
    public ReadOnlyMemory<byte> Accepted(bool resumed)
    {
        var (id, shape) = (Member.Shape.Id, Member.Shape.Shape);
        return ServerMessages.Subscribed(Id, id, shape.Entity, shape.Fingerprint, Keys, resumed);
    }
}

/// <summary>What a connection is to show more, or anew, from one step on.</summary>
/// <param name="Asked">Subscriptions whose rows are read.</param>
/// <param name="Resumed">Subscriptions of which the client holds the rows, as of an earlier place in the log; null where there are none.</param>
/// <param name="Again">What is live and was invalidated.</param>
/// <param name="NotBefore">Where the log has to have been when the rows are read, or later.</param>
/// <param name="Attempt">From 1: how often those that were asked for have been read.</param>
internal sealed record SnapshotRequest(IReadOnlyList<OpenSubscription> Asked, Resumption? Resumed, IReadOnlyList<ShapeMember> Again, long NotBefore = 0, int Attempt = 1)
{
    /// <summary>Whether it is known to be long: it waits until no other such is on its way.</summary>
    public bool IsLong { get; init; }

    /// <summary>Whether what is invalidated while its rows are on their way holds the connection up until they have entered: they were read in vain for that before.</summary>
    public bool HoldsUp { get; init; }

    /// <summary>Whose rows are read.</summary>
    public List<ShapeMember> Read() => [.. Asked.Select(s => s.Member).Concat(Again).Distinct()];
}

/// <summary>Subscriptions that go on from where the client was.</summary>
/// <param name="From">What the client's rows are as of.</param>
/// <param name="Joined">What was routed up to here is in the log alone, what comes after it in the connection's queue.</param>
internal sealed record Resumption(Position From, long Joined, IReadOnlyList<OpenSubscription> Subscriptions);
