using LiveHub.Protocol;

namespace LiveHub.Routing;

/// <summary>
/// A change as one shape sees it, for all connections that have the shape. Most of them see the row through that shape alone: what they get is put together
/// once, by the first that needs it. Where two threads make it, they make the same.
/// </summary>
/// <param name="isShared">Whether there are several: else it is not worth keeping.</param>
internal sealed class RowDiff(RoutedChange change, LiveShape shape, DiffKind kind, bool isShared)
{
    private byte[]? _op;

    public RoutedChange Change => change;

    public DiffKind Kind => kind;

    public bool IsShared => isShared;

    /// <summary>The row op for this shape alone.</summary>
    public ReadOnlyMemory<byte> Op => _op ??= Step.Encode(change.Part(kind, shape.Shape.Projection), ListName, shape.Id);

    private ReadOnlySpan<byte> ListName => kind switch
    {
        DiffKind.Insert => Step.Insert,
        DiffKind.Update => Step.Update,
        _ => Step.Delete,
    };
}
