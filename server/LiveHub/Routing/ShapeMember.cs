using LiveHub.Changes;

namespace LiveHub.Routing;

/// <summary>One connection's part in a live shape, whatever number of its subscriptions show it.</summary>
internal sealed class ShapeMember(LiveShape shape, SendQueue queue)
{
    private const int Left = -1;

    private int _place;
    private long _enteredAt = long.MaxValue;
    private long _readAt = long.MaxValue;

    public LiveShape Shape => shape;

    public SendQueue Queue => queue;

    /// <summary>Nothing is sent for it any more.</summary>
    public bool HasLeft => Volatile.Read(ref _place) == Left;

    /// <summary>The offset at which its first snapshot entered; diffs up to it are part of that snapshot's step. Set by the pump alone.</summary>
    public long EnteredAt
    {
        get => Volatile.Read(ref _enteredAt);
        set => Volatile.Write(ref _enteredAt, value);
    }

    /// <summary>Whether its rows have been sent, or are those that the client has.</summary>
    public bool HasEntered => EnteredAt < long.MaxValue;

    /// <summary>
    /// Where the log was when its rows were read, or before: invalidations up to there are in them. What has not begun to be
    /// read has missed none.
    /// </summary>
    public long ReadAt
    {
        get => Volatile.Read(ref _readAt);
        set => Volatile.Write(ref _readAt, value);
    }

    /// <summary>How many of the connection's subscriptions show it. Touched under their lock only.</summary>
    public int Uses { get; set; }

    /// <summary>Its place in <see cref="LiveShape.Members"/>. Touched under the router's lock only.</summary>
    public int Place
    {
        get => _place;
        set => Volatile.Write(ref _place, value);
    }

    /// <summary>It takes part no longer. Under the router's lock only.</summary>
    public void Leave() => Place = Left;
}
