using LiveHub.Routing;
using LiveHub.Tests.Model;

namespace LiveHub.Tests.Routing;

public sealed class RoutedChangeTests
{
    private readonly RoutedChange _change = new(
        Catalog.Change(Catalog.Book, Catalog.Row(new Book { Id = 7 }), Catalog.Row(new Book { Id = 7, Title = "a", OwnerId = 1 }), version: 5), new(3, 4));

    [Fact]
    public void Rule_16_a_part_is_serialized_once_for_equal_projections()
    {
        var part = _change.Full(Catalog.Projection(Catalog.Book, "Title"));
        Same(part, _change.Full(Catalog.Projection(Catalog.Book, "Title", "Id")));
        Same(_change.Changed(Catalog.Projection(Catalog.Book, "Title")), _change.Changed(Catalog.Projection(Catalog.Book, "Title")));
        Same(_change.KeyOnly(), _change.KeyOnly());
        Different(part, _change.Full(Catalog.Projection(Catalog.Book, "OwnerId")));
        Different(part, _change.Changed(Catalog.Projection(Catalog.Book, "Title")));
        Different(part, _change.KeyOnly());
    }

    [Fact]
    public async Task Rule_16_a_part_is_serialized_once_also_for_many_at_the_same_time()
    {
        var projections = Enumerable.Range(0, 8).Select(i => Catalog.Projection(Catalog.Book, i % 2 == 0 ? "Title" : "OwnerId")).ToList();
        using var barrier = new Barrier(8);
        var parts = await Task.WhenAll(projections.Select(projection => Task.Factory.StartNew(
            () =>
            {
                barrier.SignalAndWait(TestContext.Current.CancellationToken);
                return (Full: _change.Full(projection), Changed: _change.Changed(projection), Key: _change.KeyOnly());
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        for (var i = 2; i < parts.Length; i++)
        {
            Same(parts[i % 2].Full, parts[i].Full);
            Same(parts[i % 2].Changed, parts[i].Changed);
            Same(parts[0].Key, parts[i].Key);
        }
    }

    [Fact]
    public void A_part_holds_key_version_and_the_columns_of_the_projection()
    {
        var projection = Catalog.Projection(Catalog.Book, "Title", "ShelfId");
        Assert.Equal("""{"key":7,"version":5,"row":{"id":7,"shelfId":0,"title":"a"}""", Pieces.Text(_change.Full(projection)));
        Assert.Equal("""{"key":7,"version":5,"set":{"title":"a"}""", Pieces.Text(_change.Changed(projection)));
        Assert.Equal("""{"key":7,"version":5""", Pieces.Text(_change.KeyOnly()));
    }

    [Fact]
    public void The_key_of_a_deleted_row_is_the_one_that_it_had()
    {
        var deleted = new RoutedChange(Catalog.Change(Catalog.Copy, Catalog.Row(new Copy { BookId = 2, Place = "\"x" }), null), default);
        Assert.Equal("""{"key":[2,"\"x"],"version":1""", Pieces.Text(deleted.KeyOnly()));
    }

    private static void Same(ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right) => Assert.True(left.Equals(right), "It was serialized twice.");

    private static void Different(ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right) => Assert.False(left.Span.SequenceEqual(right.Span));
}
