using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using LiveHub.Changes;
using LiveHub.Protocol;
using LiveHub.Routing;
using LiveHub.Shapes;
using LiveHub.Tests.Model;
using LiveHub.Tests.Protocol;
using LiveHub.Tests.Shapes;

namespace LiveHub.Tests.Routing;

public sealed class StepComposerTests
{
    private readonly StepComposer _composer = new();

    [Fact]
    public void C8_a_row_seen_through_several_shapes_is_one_op()
    {
        var op = Assert.Single(Compose(
            Catalog.Change(Catalog.Book, Catalog.Row(new Book { Id = 1, ShelfId = 1 }), Catalog.Row(new Book { Id = 1, ShelfId = 1, Title = "a" }), version: 9),
            Catalog.Shape(Catalog.Book),
            Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "Id", 1)),
            Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "ShelfId", 1)),
            Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "ShelfId", 2))));
        Assert.Equal("""{"key":1,"version":9,"set":{"title":"a"},"update":[1,2,3]}""", op.ToJsonString());
    }

    [Fact]
    public void What_was_taken_and_never_given_back_is_nobody_elses()
    {
        var (given, other) = (Pieces.Queue(), Pieces.Queue());
        Assert.Empty(_composer.Take(given, 1)!.Span.ToArray());

        // Whoever took it has failed: the composer goes on to the next connection.
        var taken = _composer.Take(other, 1)!;
        var member = Pieces.Member(Catalog.Shape(Catalog.Book));
        var change = new RoutedChange(Catalog.Change(Catalog.Book, null, Catalog.Row(new Book { Id = 1 })), new(2, 0));
        given.Add(new Delivery(new(change, member.Shape, DiffKind.Insert, isShared: false), member));
        _composer.GiveBack(taken);
        Assert.Empty(other.TakeAll());
        Assert.Single(given.TakeAll());
    }

    [Fact]
    public void F1_a_move_is_one_op_that_says_where_from_and_where_to()
    {
        var op = Assert.Single(Compose(
            Catalog.Change(Catalog.Copy, Catalog.Row(new Copy { BookId = 1, Place = "x", OwnerId = 1 }), Catalog.Row(new Copy { BookId = 1, Place = "x", OwnerId = 2 })),
            Catalog.Shape(Catalog.Copy, Catalog.Term(Catalog.Copy, "OwnerId", 1)),
            Catalog.Shape(Catalog.Copy, Catalog.Term(Catalog.Copy, "OwnerId", 2)),
            Catalog.Shape(Catalog.Copy)));
        Assert.Equal(
            """{"key":[1,"x"],"version":1,"row":{"bookId":1,"place":"x","note":null,"ownerId":2},"insert":[2],"update":[3],"delete":[1]}""",
            op.ToJsonString());
    }

    [Fact]
    public void Shapes_with_different_columns_have_ops_of_their_own()
    {
        var ops = Compose(
            Catalog.Change(Catalog.Book, Catalog.Row(new Book { Id = 1 }), Catalog.Row(new Book { Id = 1, Title = "a", OwnerId = 5 })),
            new Shape(Catalog.Book, [], Catalog.Projection(Catalog.Book, "Title")),
            new Shape(Catalog.Book, [], Catalog.Projection(Catalog.Book, "OwnerId")),
            new Shape(Catalog.Book, [Catalog.Term(Catalog.Book, "Id", 1)], Catalog.Projection(Catalog.Book, "Title")),
            new Shape(Catalog.Book, [], Catalog.Projection(Catalog.Book, "ShelfId")));
        Assert.Equal(
            ["""{"key":1,"version":1,"set":{"title":"a"},"update":[1,3]}""", """{"key":1,"version":1,"set":{"ownerId":5},"update":[2]}"""],
            ops.Select(o => o.ToJsonString()));
    }

    [Fact]
    public void Rule_16_what_connections_share_of_a_change_is_what_each_would_be_sent_alone()
        => Always.HoldsForLists(Generated.Shapes.ArrayOf(5), Table.Writes, (shapes, writes) =>
        {
            foreach (var change in new Table().Write(writes))
            {
                var routed = new RoutedChange(change, new(7, 8));
                foreach (var (shape, i) in shapes.Select((shape, i) => (shape, i)))
                {
                    if (Differ.Diff(shape, change) is not DiffKind.None and var kind)
                    {
                        var member = Pieces.Member(shape, i + 1);
                        var shared = new RowDiff(routed, member.Shape, kind, isShared: true);
                        var alone = Composed(new(new(routed, member.Shape, kind, isShared: false), member));
                        Assert.Equal(alone, Composed(new(shared, member)));
                        Assert.Equal(alone, Written(writer =>
                        {
                            Assert.True(writer.TryWrite(shared.Op, shared.Change.Position));
                            return ValueTask.CompletedTask;
                        }));
                    }
                }
            }
        });

    [Fact]
    public void A_shape_s_number_may_be_as_large_as_every_client_can_read()
    {
        const long largest = (1L << 53) - 1;
        var member = Pieces.Member(Catalog.Shape(Catalog.Genre), largest);
        var change = Catalog.Change(Catalog.Genre, null, Catalog.Row(Catalog.Genre, new Genre()));
        _composer.Begin(new(1, 1));
        _composer.AddChange(change, member);
        var shared = new RowDiff(new(change, new(1, 1)), member.Shape, DiffKind.Insert, isShared: true);
        _composer.AddRow([new(shared, member)]);
        Assert.Equal([(DiffKind.Insert, largest), (DiffKind.Insert, largest)], Pieces.Ops(_composer.Step).SelectMany(Targets));
        _composer.Step.Clear();
        _composer.Step.AddSnapshot(largest, isFirst: true, "]}"u8.ToArray());
        Assert.Equal(largest, (long)Assert.Single(Pieces.Ops(_composer.Step))["shape"]!);
    }

    [Fact]
    public void P17_a_delete_alone_carries_neither_row_nor_set()
        => Assert.Equal("""{"key":[1,"x"],"version":1,"delete":[1]}""", Assert.Single(Compose(
            Catalog.Change(Catalog.Copy, Catalog.Row(new Copy { BookId = 1, Place = "x", Note = "n" }), null), Catalog.Shape(Catalog.Copy))).ToJsonString());

    [Fact]
    public void P17_row_comes_with_insert_set_with_update_and_neither_with_delete_alone()
        => Always.HoldsForLists(Generated.Shapes.ArrayOf(5), Table.Writes, (shapes, writes) =>
        {
            foreach (var change in new Table().Write(writes))
            {
                var ops = Compose(change, shapes);
                var expected = shapes.Select((shape, i) => (Kind: Pieces.Definition(shape, change), Id: i + 1L, shape.Projection)).Where(d => d.Kind is not DiffKind.None).ToList();
                Assert.Equal(expected.Select(d => d.Projection).Distinct().Count(), ops.Count);
                Assert.Equal(expected.Select(d => (d.Kind, d.Id)).Order(), ops.SelectMany(Targets).Order());
                foreach (var op in ops)
                {
                    var hasInsert = op["insert"] is not null;
                    Assert.Equal(hasInsert, op["row"] is not null);
                    Assert.Equal(!hasInsert && op["update"] is not null, op["set"] is not null);
                    Assert.Equal(change.Version, (long)op["version"]!);
                    Assert.All(["insert", "update", "delete"], kind => Assert.NotEqual(0, op[kind]?.AsArray().Count ?? 1));
                }
            }
        }, runs: 60);

    [Fact]
    public void A4_nothing_hidden_appears_in_any_op()
        => Always.HoldsForLists(Generated.Shapes, Table.Writes, (shape, writes) =>
        {
            foreach (var write in writes)
            {
                if (write.Book is { } book)
                {
                    book.Secret = "hush-" + book.ShelfId;
                }
            }

            foreach (var change in new Table().Write(writes))
            {
                foreach (var op in Compose(change, shape, Catalog.Shape(Catalog.Book)))
                {
                    var text = op.ToJsonString();
                    Assert.DoesNotContain("hush", text, StringComparison.Ordinal);
                    Assert.DoesNotContain("secret", text, StringComparison.OrdinalIgnoreCase);
                }
            }
        }, runs: 60);

    [Fact]
    public void Rule_17_no_op_carries_a_value_from_before()
    {
        var before = Catalog.Row(new Book { Id = 1, Title = "old", ShelfId = 1 });
        var shape = Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "ShelfId", 1));
        foreach (var after in new[] { null, Catalog.Row(new Book { Id = 1, Title = "new", ShelfId = 1 }), Catalog.Row(new Book { Id = 1, Title = "new", ShelfId = 2 }) })
        {
            Assert.DoesNotContain("old", Assert.Single(Compose(Catalog.Change(Catalog.Book, before, after), shape)).ToJsonString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_composer_begins_anew_with_every_step()
    {
        var change = Catalog.Change(Catalog.Genre, null, Catalog.Row(Catalog.Genre, new Genre()));
        Assert.Single(Compose(change, Catalog.Shape(Catalog.Genre)));
        Assert.Single(Compose(change, Catalog.Shape(Catalog.Genre)));
        _composer.Begin(new(7, 8));
        Assert.Equal(0, _composer.Step.Count);
        Assert.Equal(0, _composer.Step.Size);
        Assert.Equal(new Position(7, 8), _composer.Step.End);
    }

    /// <summary>What a connection gets that sees nothing else of the changeset.</summary>
    private string Composed(Delivery delivery)
    {
        _composer.Begin(delivery.Change.Position);
        _composer.AddRow([delivery]);
        return Written(writer => writer.WriteAsync(_composer.Step));
    }

    private static string Written(Func<FrameWriter, ValueTask> write)
    {
        var frames = new List<string>();
        var writer = Frames.Writer(frame =>
        {
            frames.Add(Pieces.Text(frame));
            return ValueTask.CompletedTask;
        });
        write(writer).AsTask().GetAwaiter().GetResult();
        writer.FlushAsync().AsTask().GetAwaiter().GetResult();
        return Assert.Single(frames);
    }

    private static IEnumerable<(DiffKind Kind, long Id)> Targets(JsonObject op)
        => new[] { ("insert", DiffKind.Insert), ("update", DiffKind.Update), ("delete", DiffKind.Delete) }
            .SelectMany(k => (op[k.Item1]?.AsArray() ?? []).Select(id => (k.Item2, (long)id!)));

    private List<JsonObject> Compose(Change change, params Shape[] shapes)
    {
        _composer.Begin(new(1, 1));
        _composer.AddChange(change, shapes.Select((shape, i) => Pieces.Member(shape, i + 1)));
        return Pieces.Ops(_composer.Step);
    }
}
