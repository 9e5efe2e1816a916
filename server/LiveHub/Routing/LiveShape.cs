using LiveHub.Shapes;

namespace LiveHub.Routing;

/// <summary>A shape that somebody is subscribed to, under a number that holds for the whole node.</summary>
internal sealed class LiveShape(int id, Shape shape)
{
    public int Id => id;

    public Shape Shape => shape;

    /// <summary>Touched under the router's lock only.</summary>
    public List<ShapeMember> Members { get; } = [];

    /// <summary>The last search in which the index found this shape for; keeps it from being found twice.</summary>
    public long FoundFor { get; set; }
}
