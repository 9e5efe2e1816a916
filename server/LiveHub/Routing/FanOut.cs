using LiveHub.Backplane;
using LiveHub.Changes;

namespace LiveHub.Routing;

/// <summary>Gives changesets, one after the other, to the queues of the connections that see them. One thread at a time.</summary>
internal sealed class FanOut
{
    private readonly List<IndexedShape> _found = [];

    /// <summary>The queues that were given something of the changeset.</summary>
    public List<SendQueue> Touched { get; } = [];

    /// <summary>How many diffs of the changeset all of them were given.</summary>
    public int Diffs { get; private set; }

    public void Add(LogEntry entry, ShapeRegistry shapes)
    {
        foreach (var change in entry.Changeset.Changes)
        {
            Add(change, entry.Position, change.LeftBy(entry.Changeset), shapes);
        }

        foreach (var invalidation in entry.Changeset.Invalidations)
        {
            Add(invalidation, entry.Position, shapes);
        }
    }

    /// <summary>Is done with the changeset.</summary>
    public void Clear()
    {
        Touched.Clear();
        Diffs = 0;
    }

    private void Add(Change change, Position position, TransactionId? transaction, ShapeRegistry shapes)
    {
        _found.Clear();
        shapes.Find(change, _found);
        RoutedChange? routed = null;
        foreach (LiveShape shape in _found)
        {
            var kind = Differ.Diff(shape.Shape, change);
            if (kind is DiffKind.None)
            {
                continue;
            }

            routed ??= new(change, position, transaction);
            var diff = new RowDiff(routed, shape, kind, isShared: shape.Members.Count > 1);
            Diffs += shape.Members.Count;
            foreach (var member in shape.Members)
            {
                if (member.Queue.Add(new Delivery(diff, member)))
                {
                    Touched.Add(member.Queue);
                }
            }
        }
    }

    /// <summary>Tells the connections that may show some of the rows; what they do about it they know themselves.</summary>
    private void Add(Invalidation invalidation, Position position, ShapeRegistry shapes)
    {
        _found.Clear();
        shapes.Find(invalidation, _found);
        var routed = new RoutedInvalidation(invalidation, position);
        foreach (LiveShape shape in _found)
        {
            if (!Differ.MayShow(shape.Shape, invalidation))
            {
                continue;
            }

            foreach (var member in shape.Members)
            {
                if (member.Queue.Add(routed))
                {
                    Touched.Add(member.Queue);
                }
            }
        }
    }
}
