using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Routing;
using LiveHub.Shapes;
using LiveHub.Tests.Model;
using LiveHub.Tests.Shapes;

namespace LiveHub.Tests.Routing;

public sealed class DifferTests
{
    [Fact]
    public void Rule_5_an_invalidation_concerns_every_shape_of_its_entity_but_those_that_its_terms_exclude()
    {
        var byShelf = new Invalidation(Catalog.Book, [Catalog.Term(Catalog.Book, "ShelfId", 1, 2)]);
        Assert.True(Differ.MayShow(Catalog.Shape(Catalog.Book), byShelf));
        Assert.True(Differ.MayShow(Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "ShelfId", 2, 3)), byShelf));
        Assert.False(Differ.MayShow(Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "ShelfId", 3, 4)), byShelf));
        Assert.False(Differ.MayShow(Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "OwnerId", 1), Catalog.Term(Catalog.Book, "ShelfId", 3)), byShelf));
        Assert.True(Differ.MayShow(Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "Id", 9)), byShelf));
        Assert.False(Differ.MayShow(Catalog.Shape(Catalog.Genre), byShelf));
        Assert.All([Catalog.Shape(Catalog.Book), Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "Id", 9))], s => Assert.True(Differ.MayShow(s, Invalidation.Of(Catalog.Book))));
    }

    [Fact]
    public void Rule_5_null_is_a_value_that_excludes_others()
    {
        var unowned = new Invalidation(Catalog.Book, [Catalog.Term(Catalog.Book, "OwnerId", [null])]);
        Assert.True(Differ.MayShow(Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "OwnerId", null, 1)), unowned));
        Assert.False(Differ.MayShow(Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "OwnerId", 1)), unowned));
    }

    [Fact]
    public void Rule_5_terms_on_part_of_a_composite_key_exclude_no_keys()
    {
        var key = Catalog.Shape(Catalog.Copy, new Term(Catalog.Copy.Key, [new([1, "a"])]));
        Assert.True(Differ.MayShow(key, new(Catalog.Copy, [Catalog.Term(Catalog.Copy, "BookId", 2)])));
        Assert.True(Differ.MayShow(key, Invalidation.Of(Catalog.Copy, [new([1, "a"]), new([2, "a"])])));
        Assert.False(Differ.MayShow(key, Invalidation.Of(Catalog.Copy, [new([1, "b"]), new([2, "a"])])));
    }

    [Fact]
    public void G2_any_changes_lead_any_shape_to_what_it_is_on_the_table()
        => Always.HoldsForLists(Generated.Shapes, Table.Writes, (shape, writes) =>
        {
            var table = new Table();
            var shown = new HashSet<int>();
            foreach (var change in table.Write(writes))
            {
                var key = (int)change.Key[0]!;
                switch (Differ.Diff(shape, change))
                {
                    case DiffKind.Insert:
                        Assert.True(shown.Add(key), "A row is inserted that is there.");
                        break;
                    case DiffKind.Update:
                        Assert.Contains(key, shown);
                        break;
                    case DiffKind.Delete:
                        Assert.True(shown.Remove(key), "A row is deleted that is not there.");
                        break;
                }

                Assert.Equal(table.Rows.Where(r => shape.Matches(r.Value)).Select(r => r.Key), shown.Order());
            }
        }, runs: 200);

    [Fact]
    public void G2_what_is_sent_leads_every_row_to_the_values_on_the_table()
        => Always.HoldsForLists(Generated.Shapes, Table.Writes, (shape, writes) =>
        {
            var table = new Table();
            var shown = new Dictionary<string, JsonObject>();
            var member = Pieces.Member(shape);
            var composer = new StepComposer();
            foreach (var change in table.Write(writes))
            {
                composer.Begin(new(change.Version, 0));
                composer.AddChange(change, member);
                Pieces.Ops(composer.Step).ForEach(op => Apply(op, shown));
                var expected = table.Rows.Values.Where(shape.Matches).Select(row => Full(shape, row).ToJsonString());
                Assert.Equal(expected.Order(), shown.Values.Select(Sorted).Select(r => r.ToJsonString()).Order());
            }
        }, runs: 200);

    [Fact]
    public void Rule_17_the_four_ways_in_which_a_change_is_seen()
    {
        var shape = new Shape(Catalog.Book, [Catalog.Term(Catalog.Book, "ShelfId", 1)], Catalog.Projection(Catalog.Book, "Title"));
        Assert.Equal(DiffKind.Insert, Diff(null, new() { ShelfId = 1 }));
        Assert.Equal(DiffKind.Insert, Diff(new() { ShelfId = 2 }, new() { ShelfId = 1 }));
        Assert.Equal(DiffKind.Delete, Diff(new() { ShelfId = 1 }, null));
        Assert.Equal(DiffKind.Delete, Diff(new() { ShelfId = 1 }, new() { ShelfId = 2 }));
        Assert.Equal(DiffKind.Update, Diff(new() { ShelfId = 1 }, new() { ShelfId = 1, Title = "a" }));
        Assert.Equal(DiffKind.None, Diff(null, new() { ShelfId = 2 }));
        Assert.Equal(DiffKind.None, Diff(new() { ShelfId = 2 }, new() { ShelfId = 3 }));

        DiffKind Diff(Book? before, Book? after) => DifferTests.Diff(shape, before, after);
    }

    [Fact]
    public void F3_a_change_of_columns_that_a_shape_does_not_show_is_nothing_to_it()
    {
        var shape = new Shape(Catalog.Book, [], Catalog.Projection(Catalog.Book, "Title"));
        Assert.Equal(DiffKind.None, Diff(shape, new(), new() { OwnerId = 1 }));
    }

    [Fact]
    public void A4_a_change_of_a_hidden_column_alone_is_nothing()
        => Assert.Equal(DiffKind.None, Diff(Catalog.Shape(Catalog.Book), new(), new() { Secret = "x" }));

    [Fact]
    public void F5_a_row_that_a_query_filter_hides_leaves_and_returns()
    {
        var shape = Catalog.Shape(Catalog.Book);
        Assert.Equal(DiffKind.Delete, Diff(shape, new(), new() { IsDeleted = true }));
        Assert.Equal(DiffKind.Insert, Diff(shape, new() { IsDeleted = true }, new()));
        Assert.Equal(DiffKind.None, Diff(shape, new() { IsDeleted = true }, new() { IsDeleted = true, Title = "a" }));
        Assert.Equal(DiffKind.None, Diff(shape, null, new() { IsDeleted = true }));
        Assert.Equal(DiffKind.None, Diff(shape, new() { IsDeleted = true }, null));
    }

    [Fact]
    public void G6_a_move_is_a_delete_here_and_an_insert_there()
    {
        var change = Catalog.Change(Catalog.Book, Catalog.Row(new Book { ShelfId = 1 }), Catalog.Row(new Book { ShelfId = 2 }));
        Assert.Equal(DiffKind.Delete, Differ.Diff(Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "ShelfId", 1)), change));
        Assert.Equal(DiffKind.Insert, Differ.Diff(Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "ShelfId", 2)), change));
    }

    private static DiffKind Diff(Shape shape, Book? before, Book? after)
        => Differ.Diff(shape, Catalog.Change(Catalog.Book, before is null ? null : Catalog.Row(before), after is null ? null : Catalog.Row(after)));

    private static void Apply(JsonObject op, Dictionary<string, JsonObject> shown)
    {
        var key = op["key"]!.ToJsonString();
        if (op["insert"] is not null)
        {
            shown.Add(key, op["row"]!.DeepClone().AsObject());
        }
        else if (op["update"] is not null)
        {
            foreach (var (name, value) in op["set"]!.AsObject())
            {
                Assert.True(shown[key].ContainsKey(name));
                shown[key][name] = value?.DeepClone();
            }
        }
        else
        {
            Assert.True(shown.Remove(key));
        }
    }

    private static JsonObject Full(Shape shape, LiveHub.Model.Row row)
        => Sorted(Pieces.Part(new RoutedChange(Catalog.Change(Catalog.Book, null, row), default).Full(shape.Projection))["row"]!.AsObject());

    private static JsonObject Sorted(JsonObject row) => new(row.OrderBy(p => p.Key).Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone())));
}
