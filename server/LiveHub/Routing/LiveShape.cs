using LiveHub.Shapes;

namespace LiveHub.Routing;

/// <summary>A shape that somebody is subscribed to, under a number that holds for the whole node.</summary>
/// <param name="indexed">What the index looks up of it: of many keys, made before anybody is held up for it.</param>
internal sealed class LiveShape(long id, Shape shape, IndexedTerm? indexed)
{
    public long Id => id;

    public Shape Shape => shape;

    /// <summary>Null where the shape is the whole entity.</summary>
    public IndexedTerm? Indexed => indexed;

    /// <summary>Touched under the router's lock only.</summary>
    public List<ShapeMember> Members { get; } = [];

    /// <summary>The last search in which the index found this shape for; keeps it from being found twice.</summary>
    public long FoundFor { get; set; }
}
