namespace LiveHub.Routing;

/// <summary>One connection's part in a live shape, whatever number of its subscriptions show it.</summary>
internal sealed class ShapeMember(LiveShape shape, SendQueue queue)
{
    private bool _hasLeft;

    public LiveShape Shape => shape;

    public SendQueue Queue => queue;

    /// <summary>Nothing is sent for it any more.</summary>
    public bool HasLeft
    {
        get => Volatile.Read(ref _hasLeft);
        set => Volatile.Write(ref _hasLeft, value);
    }

    /// <summary>The offset at which its first snapshot entered; diffs up to it are part of that snapshot's step. Touched by the pump alone.</summary>
    public long EnteredAt { get; set; } = long.MaxValue;

    /// <summary>Its place in <see cref="LiveShape.Members"/>. Touched under the router's lock only.</summary>
    public int Place { get; set; }
}
