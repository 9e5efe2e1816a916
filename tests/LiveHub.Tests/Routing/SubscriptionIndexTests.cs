using FsCheck;
using FsCheck.Fluent;
using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Routing;
using LiveHub.Shapes;
using LiveHub.Tests.Model;
using LiveHub.Tests.Shapes;

namespace LiveHub.Tests.Routing;

public sealed class SubscriptionIndexTests
{
    [Fact]
    public void The_index_finds_what_a_look_at_every_shape_finds_and_nothing_twice()
        => Always.HoldsForLists(Steps(Generated.Shapes), Table.Writes, (steps, writes) =>
            EqualsLinearScan(steps, [.. new Table().Write(writes)]), runs: 150);

    [Fact]
    public void The_index_finds_composite_keys_as_a_look_at_every_shape_does()
    {
        var copies = from book in Gen.Choose(0, 3)
                     from place in Gen.Elements("a", "b")
                     from owner in Filters.Maybe(Gen.Choose(0, 1))
                     select Catalog.Row(new Copy { BookId = book, Place = place, OwnerId = owner });
        var changes = from before in copies
                      from after in copies
                      from kind in Gen.Choose(0, 2)
                      select Change.Between(Catalog.Copy, 1, kind == 0 ? null : before, kind == 1 ? null : after);
        Always.HoldsForLists(Steps(Generated.CopyShapes), changes, (steps, found) => EqualsLinearScan(steps, [.. found.OfType<Change>()]), runs: 150);
    }

    [Fact]
    public void Rule_5_an_invalidation_finds_every_shape_that_may_show_its_rows_and_nothing_twice()
        => Always.HoldsForLists(Generated.Shapes.ArrayOf(20), Invalidations, (shapes, invalidations) =>
        {
            var index = new SubscriptionIndex();
            var live = shapes.Select((shape, i) => Pieces.Live(shape, i)).ToList();
            live.ForEach(index.Add);
            index.Add(Pieces.Live(Catalog.Shape(Catalog.Genre), 1000));
            foreach (var invalidation in invalidations)
            {
                var found = new List<IndexedShape>();
                index.Find(invalidation, found);
                Assert.Equal(found.Count, found.Distinct().Count());
                Assert.All(found, shape => Assert.Contains(shape, live));
                Assert.Equal(
                    live.Where(s => Differ.MayShow(s.Shape, invalidation) && s.Shape.Terms.All(t => t.Values.Length > 0)).ToHashSet(),
                    found.Cast<LiveShape>().Where(s => Differ.MayShow(s.Shape, invalidation)).ToHashSet());
            }
        }, runs: 100);

    [Fact]
    public void Rule_5_a_shape_that_shows_a_row_concerned_is_always_found()
        => Always.HoldsForLists(Generated.Shapes.ArrayOf(20), Table.Writes, (shapes, writes) =>
        {
            var index = new SubscriptionIndex();
            var live = shapes.Select((shape, i) => Pieces.Live(shape, i)).ToList();
            live.ForEach(index.Add);
            var table = new Table();
            foreach (var row in table.Write(writes).Select(c => (c.After ?? c.Before)!))
            {
                Invalidation[] concerned =
                [
                    Invalidation.Of(Catalog.Book),
                    Invalidation.Of(Catalog.Book, [row.Select(Catalog.Book.KeyOrdinals)]),
                    new(Catalog.Book, [Same(row, "ShelfId"), Same(row, "OwnerId")]),
                ];
                foreach (var invalidation in concerned)
                {
                    var found = new List<IndexedShape>();
                    index.Find(invalidation, found);
                    Assert.DoesNotContain(live, s => s.Shape.Matches(row) && !(found.Contains(s) && Differ.MayShow(s.Shape, invalidation)));
                }
            }
        }, runs: 100);

    [Fact]
    public void An_invalidation_by_key_does_not_even_try_shapes_of_other_keys()
    {
        var index = new SubscriptionIndex();
        for (var i = 0; i < 1000; i++)
        {
            index.Add(Pieces.Live(Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "Id", i, i + 1)), i));
        }

        var found = new List<IndexedShape>();
        index.Find(Invalidation.Of(Catalog.Book, [new([7]), new([5000])]), found);
        Assert.Equal([6, 7], found.Cast<LiveShape>().Select(f => f.Id).Order());
    }

    [Fact]
    public void Shapes_of_other_entities_are_not_found()
    {
        var index = new SubscriptionIndex();
        index.Add(Pieces.Live(Catalog.Shape(Catalog.Genre), 1));
        index.Add(Pieces.Live(Catalog.Shape(Catalog.Book), 2));
        var found = new List<IndexedShape>();
        index.Find(Catalog.Change(Catalog.Book, null, Catalog.Row(new Book())), found);
        Assert.Equal(2, ((LiveShape)Assert.Single(found)).Id);
    }

    [Fact]
    public void Equality_shapes_that_a_change_does_not_concern_are_not_even_tried()
    {
        var index = new SubscriptionIndex();
        for (var i = 0; i < 1000; i++)
        {
            index.Add(Pieces.Live(Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "ShelfId", i), Catalog.Term(Catalog.Book, "Lent", true)), i));
        }

        var found = new List<IndexedShape>();
        index.Find(Catalog.Change(Catalog.Book, Catalog.Row(new Book { ShelfId = 7, Lent = true }), Catalog.Row(new Book { ShelfId = 8, Lent = true })), found);
        Assert.Equal([7, 8], found.Cast<LiveShape>().Select(f => f.Id).Order());
    }

    [Fact]
    public void An_index_from_which_all_was_removed_finds_nothing_and_can_be_filled_again()
    {
        var index = new SubscriptionIndex();
        var shapes = Sample(200);
        for (var round = 0; round < 2; round++)
        {
            shapes.ForEach(index.Add);
            shapes.ForEach(index.Remove);
            shapes.ForEach(index.Remove);
            var found = new List<IndexedShape>();
            foreach (var change in new Table().Write(Always.Sample(Table.Writes, 50)))
            {
                index.Find(change, found);
            }

            Assert.Empty(found);
        }
    }

    private static List<LiveShape> Sample(int count) => [.. Always.Sample(Generated.Shapes, count).Select((shape, i) => Pieces.Live(shape, i))];

    /// <summary>Which shapes are added, and which of those there are is removed.</summary>
    private static Gen<(Shape? Add, int Remove)[]> Steps(Gen<Shape> shapes)
        => Gen.Frequency((3, shapes.Select(s => ((Shape?)s, 0))), (1, Gen.Choose(0, 100).Select(r => ((Shape?)null, r)))).ArrayOf();

    private static void EqualsLinearScan((Shape? Add, int Remove)[] steps, List<Change> changes)
    {
        var index = new SubscriptionIndex();
        var shapes = new List<LiveShape>();
        foreach (var (add, remove) in steps)
        {
            if (add is not null)
            {
                shapes.Add(Pieces.Live(add, shapes.Count));
                index.Add(shapes[^1]);
            }
            else if (shapes.Count > 0)
            {
                index.Remove(shapes[remove % shapes.Count]);
                shapes.RemoveAt(remove % shapes.Count);
            }
        }

        var found = new List<IndexedShape>();
        foreach (var change in changes)
        {
            found.Clear();
            index.Find(change, found);
            Assert.Equal(found.Count, found.Distinct().Count());
            Assert.All(found, shape => Assert.Contains(shape, shapes));
            Assert.Equal(
                shapes.Where(s => Matches(s, change)).ToHashSet(),
                found.Cast<LiveShape>().Where(s => Matches(s, change)).ToHashSet());
        }
    }

    private static Gen<Invalidation> Invalidations { get; } = Generated.Shapes.Select(shape => new Invalidation(Catalog.Book, shape.Terms));

    private static Term Same(Row row, string property)
        => Catalog.Term(Catalog.Book, property, row[Catalog.Column(Catalog.Book, property).Ordinal]);

    private static bool Matches(LiveShape shape, Change change)
        => (change.Before is { } before && shape.Shape.Matches(before)) || (change.After is { } after && shape.Shape.Matches(after));
}
