using LiveHub.Changes;

namespace LiveHub.Routing;

/// <summary>An invalidation on its way to connections. What comes with it or after it waits until the rows were read again.</summary>
internal sealed record RoutedInvalidation(Invalidation Invalidation, Position Position)
{
    /// <summary>Whether what a connection shows through a shape may be older than the invalidation.</summary>
    public bool Concerns(ShapeMember member) => Concerns(member, member.ReadAt);

    /// <param name="member">The connection's part in the shape.</param>
    /// <param name="readAt">Where the log was when the shape's rows were read.</param>
    public bool Concerns(ShapeMember member, long readAt)
        => Position.Offset > readAt && !member.HasLeft && Differ.MayShow(member.Shape.Shape, Invalidation);
}
