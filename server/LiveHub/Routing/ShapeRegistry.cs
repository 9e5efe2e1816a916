using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Shapes;

namespace LiveHub.Routing;

/// <summary>The live shapes of this node and who takes part in them. Equal shapes are one. One thread at a time.</summary>
internal sealed class ShapeRegistry
{
    private readonly Dictionary<string, LiveShape> _shapes = new(StringComparer.Ordinal);
    private readonly SubscriptionIndex _index = new();
    private long _lastId;

    /// <param name="indexed">The shape's <see cref="IndexedTerm"/>.</param>
    public ShapeMember Join(Shape shape, IndexedTerm? indexed, SendQueue queue)
    {
        if (!_shapes.TryGetValue(shape.Fingerprint, out var live))
        {
            _shapes.Add(shape.Fingerprint, live = new(++_lastId, shape, indexed));
            _index.Add(live);
        }

        var member = new ShapeMember(live, queue) { Place = live.Members.Count };
        live.Members.Add(member);
        return member;
    }

    public void Leave(ShapeMember member)
    {
        if (member.HasLeft)
        {
            return;
        }

        var members = member.Shape.Members;
        members[^1].Place = member.Place;
        members[member.Place] = members[^1];
        members.RemoveAt(members.Count - 1);
        member.Leave();
        if (members.Count == 0)
        {
            _shapes.Remove(member.Shape.Shape.Fingerprint);
            _index.Remove(member.Shape);
        }
    }

    public void Find(Change change, List<IndexedShape> found) => _index.Find(change, found);

    public void Find(Invalidation invalidation, List<IndexedShape> found) => _index.Find(invalidation, found);

    public int Count => _shapes.Count;
}
