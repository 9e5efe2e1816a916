using LiveHub.Shapes;

namespace LiveHub.Routing;

/// <summary>A shape as <see cref="SubscriptionIndex"/> takes it in.</summary>
/// <param name="indexed">What the index looks up of it: of many keys, made before anybody is held up for it.</param>
internal abstract class IndexedShape(Shape shape, IndexedTerm? indexed)
{
    public Shape Shape => shape;

    /// <summary>Null where the shape is the whole entity.</summary>
    public IndexedTerm? Indexed => indexed;

    /// <summary>The last search in which its index found it; keeps it from being found twice.</summary>
    public long FoundFor { get; set; }
}
