using FsCheck;
using FsCheck.Fluent;
using LiveHub.Model;
using LiveHub.Routing;
using LiveHub.Tests.Model;
using LiveHub.Tests.Shapes;

namespace LiveHub.Tests.Routing;

public sealed class ShapeRegistryTests
{
    private readonly ShapeRegistry _registry = new();

    [Fact]
    public void Equal_shapes_are_one_and_have_one_number()
    {
        var a = Join(Catalog.Term(Catalog.Book, "ShelfId", 1, 2));
        var b = Join(Catalog.Term(Catalog.Book, "ShelfId", 2, 1));
        var c = Join(Catalog.Term(Catalog.Book, "ShelfId", 1));
        Assert.Same(a.Shape, b.Shape);
        Assert.NotEqual(a.Shape.Id, c.Shape.Id);
        Assert.Equal(2, _registry.Count);
        Assert.Equal([a, b], a.Shape.Members);
    }

    [Fact]
    public void A_shape_lives_as_long_as_somebody_takes_part()
    {
        var a = Join();
        var b = Join();
        _registry.Leave(a);
        _registry.Leave(a);
        Assert.True(a.HasLeft);
        Assert.Equal([b], b.Shape.Members);
        Assert.Single(Found());
        _registry.Leave(b);
        Assert.Equal(0, _registry.Count);
        Assert.Empty(Found());
    }

    [Fact]
    public void A_number_is_not_given_twice()
    {
        var first = Join();
        _registry.Leave(first);
        Assert.NotEqual(first.Shape.Id, Join().Shape.Id);
    }

    [Fact]
    public void C6_any_joining_and_leaving_leaves_nothing_behind()
        => Always.HoldsForLists(Table.Writes.ArrayOf(20), Generated.Shapes, (writes, shapes) =>
        {
            var registry = new ShapeRegistry();
            var random = new Random(shapes.Length);
            var members = new List<ShapeMember>();
            foreach (var shape in shapes.Concat(shapes))
            {
                members.Add(registry.Join(shape, IndexedTerm.Of(shape), Pieces.Queue()));
                if (random.Next(3) == 0)
                {
                    var leaving = members[random.Next(members.Count)];
                    registry.Leave(leaving);
                    members.Remove(leaving);
                }

                Assert.Equal(members.Select(m => m.Shape).Distinct().Count(), registry.Count);
                Assert.All(members, m => Assert.Same(m, m.Shape.Members[m.Place]));
            }

            members.ForEach(registry.Leave);
            Assert.Equal(0, registry.Count);
            var found = new List<IndexedShape>();
            foreach (var change in new Table().Write(writes))
            {
                registry.Find(change, found);
            }

            Assert.Empty(found);
        }, runs: 50);

    private ShapeMember Join(params Term[] terms)
    {
        var shape = Catalog.Shape(Catalog.Book, terms);
        return _registry.Join(shape, IndexedTerm.Of(shape), Pieces.Queue());
    }

    private List<IndexedShape> Found()
    {
        var found = new List<IndexedShape>();
        _registry.Find(Catalog.Change(Catalog.Book, null, Catalog.Row(new Book())), found);
        return found;
    }
}
