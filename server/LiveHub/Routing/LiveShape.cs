using LiveHub.Shapes;

namespace LiveHub.Routing;

/// <summary>A shape that somebody is subscribed to, under a number that holds for the whole node.</summary>
/// <param name="indexed">The shape's <see cref="IndexedTerm"/>.</param>
internal sealed class LiveShape(long id, Shape shape, IndexedTerm? indexed) : IndexedShape(shape, indexed)
{
    public long Id => id;

    /// <summary>Touched under the router's lock only.</summary>
    public List<ShapeMember> Members { get; } = [];
}
