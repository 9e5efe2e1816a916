using System.Text.Json.Nodes;
using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Routing;
using LiveHub.Shapes;
using LiveHub.Tests.Model;

namespace LiveHub.Tests.Routing;

/// <summary>What shapes lack whose client may have a snapshot that was ahead of the log.</summary>
public sealed class CatchUpTests
{
    private static readonly Shape Whole = Catalog.Shape(Catalog.Book);
    private static readonly Shape Titles = new(Catalog.Book, [], Catalog.Projection(Catalog.Book, "Id", "Title"));

    [Theory]
    [InlineData(6, true)]
    [InlineData(5, false)]
    public void Rule_11_a_row_that_came_and_went_is_told_to_who_may_have_it_from_a_snapshot_that_was_ahead(ulong horizon, bool isTold)
    {
        var ops = CatchUp(Whole, horizon, (5, Change(1, null, "a")), (7, Change(2, "a", null)));
        Assert.Equal(isTold ? ["""{"key":1,"version":2,"delete":[1]}"""] : [], ops.Select(o => o.ToJsonString()));
    }

    [Fact]
    public void Rule_11_what_comes_late_names_the_transaction_that_left_the_row_as_it_is()
    {
        var unseen = Catalog.Change(Catalog.Book, Book("b", 1), Book("b", 2), version: 3);
        var op = Assert.Single(CatchUp(Titles, 9, (7, unseen), (5, Change(1, null, "a")), (6, Change(2, "a", "b"))));
        Assert.Equal("""{"key":1,"version":3,"row":{"id":1,"title":"b"},"insert":[1],"transaction":"7"}""", op.ToJsonString());
    }

    /// <param name="shape">What is behind, as of the log's beginning.</param>
    /// <param name="horizon">The client's snapshots show nothing of transactions from here on.</param>
    /// <param name="log">Transactions and what they did, in the order in which they reached the log.</param>
    private static List<JsonObject> CatchUp(Shape shape, ulong horizon, params (ulong Transaction, Change Change)[] log)
    {
        var order = Pieces.Order();
        var catchUp = new CatchUp([new BehindShape(Pieces.Member(shape), 0, mayShowMore: false, new(horizon))]);
        foreach (var ((transaction, change), i) in log.Select((entry, i) => (entry, i)))
        {
            catchUp.Add(order.Place(new LogEntry(new(i + 1, 0), Catalog.Changeset(change) with { Transaction = new(transaction) })));
        }

        var composer = new StepComposer();
        composer.Begin(new(log.Length, 0), new(horizon));
        catchUp.AddTo(composer);
        return Pieces.Ops(composer.Step);
    }

    private static Change Change(long version, string? before, string? after)
        => Catalog.Change(Catalog.Book, before is null ? null : Book(before, 1), after is null ? null : Book(after, 1), version);

    private static Row Book(string title, int shelf) => Catalog.Row(new Book { Id = 1, Title = title, ShelfId = shelf });
}
