using LiveHub.Routing;
using LiveHub.Tests.Infrastructure;
using LiveHub.Tests.Model;

namespace LiveHub.Tests.Routing;

public sealed class SendQueueTests
{
    private static readonly ShapeMember Member = Pieces.Member(Catalog.Shape(Catalog.Genre));

    private readonly SendQueue _queue;
    private int _givenUp;

    public SendQueueTests() => _queue = Pieces.Queue(10, onGivenUp: () => _givenUp++);

    [Fact]
    public void G5_nothing_can_be_taken_of_a_changeset_that_is_not_routed_whole()
    {
        Add(1);
        Assert.True(_queue.Add(Delivery(2)));
        Assert.False(_queue.Add(Delivery(2)));
        Assert.Equal([1L], Taken(through: 1));
        Assert.Empty(Taken(through: 1));
        _queue.Add(Invalidation(2));
        Assert.Empty(_queue.Invalidations(through: 1));
        _queue.Settle(2);
        Assert.Equal([2L, 2], Taken(through: 2));
    }

    [Fact]
    public void The_first_of_each_changeset_is_told()
    {
        Assert.True(_queue.Add(Delivery(1)));
        Assert.False(_queue.Add(Delivery(1)));
        Assert.False(_queue.Add(Invalidation(1)));
        Assert.True(_queue.Add(Delivery(2)));
        Assert.True(_queue.Add(Invalidation(3)));
        Assert.False(_queue.Add(Delivery(3)));
    }

    [Fact]
    public void What_waits_is_taken_in_order_and_once()
    {
        Add(1, 2);
        Add(3);
        Assert.Equal([1L, 2, 3], Taken());
        Assert.Empty(Taken());
        Add(4);
        Assert.Equal([4L], Taken());
    }

    [Fact]
    public void Rule_19_of_more_than_the_limit_nothing_is_kept_and_nothing_taken_in_until_it_is_opened_again()
    {
        AddChangeset(1, rows: 6);
        AddChangeset(2, rows: 4);
        Assert.False(_queue.HasOverflowed());
        Add(11);
        Assert.True(_queue.HasOverflowed());
        Add(12);
        AddInvalidation(13);
        Assert.True(_queue.HasOverflowed());
        Assert.Empty(_queue.Invalidations(long.MaxValue));
        _queue.Reopen();
        Assert.Empty(Taken());
        Add(14);
        Assert.Equal([14L], Taken());
        Assert.Equal(0, _givenUp);
    }

    [Fact]
    public void What_is_put_back_holds_up_what_came_after_it()
    {
        Add(7);
        AddInvalidation(8);
        _queue.PutBack([Invalidation(5), Invalidation(6)]);
        Assert.Empty(Taken());
        Assert.Equal([5L, 6, 8], _queue.Invalidations(long.MaxValue).Select(i => i.Position.Offset));
        _queue.Settle(6);
        Assert.Equal([7L], Taken());
    }

    [Fact]
    public void A_single_changeset_is_not_refused_for_its_size_alone()
    {
        AddChangeset(1, rows: 1000);
        Assert.False(_queue.HasOverflowed());
        Assert.Equal(1000, Taken().Count);
        AddChangeset(2, rows: 1000);
        Assert.Equal(1000, Taken().Count);
    }

    [Fact]
    public void A_changeset_that_comes_while_another_waits_counts_with_it()
    {
        Add(1);
        AddChangeset(2, rows: 10);
        Assert.True(_queue.HasOverflowed());
    }

    [Fact]
    public void G2_of_a_closed_queue_nobody_takes_that_nothing_waits()
    {
        // Else the client would be told that it has come as far as the router, and go on from there without what was dropped.
        Add(1);
        _queue.Close();
        Assert.Throws<QueueClosedException>(() => Taken());
        AddChangeset(2, rows: 100);
        AddChangeset(3, rows: 100);
        Assert.Throws<QueueClosedException>(() => Taken());
    }

    [Fact]
    public void Who_is_given_up_is_told_once_and_nothing_is_kept()
    {
        Add(1);
        _queue.GiveUp("log");
        Assert.Equal(1, _givenUp);
        Assert.Throws<QueueClosedException>(() => Taken());
    }

    [Fact]
    public async Task Everything_that_is_routed_is_taken_once_in_order_while_both_go_on()
    {
        const int count = 10_000;
        var queue = Pieces.Queue(int.MaxValue);
        long routed = 0;
        var writing = Task.Run(
            () =>
            {
                for (var i = 1; i <= count; i++)
                {
                    queue.Add(Delivery(i));
                    queue.Add(Delivery(i));
                    Volatile.Write(ref routed, i);
                }
            },
            TestContext.Current.CancellationToken);
        var taken = new List<long>();
        var spare = new Deliveries();
        while (taken.Count < 2 * count)
        {
            var some = queue.Take(spare, Volatile.Read(ref routed))!;
            Assert.Equal(0, some.Count % 2);
            taken.AddRange(some.Span.ToArray().Select(d => d.Change.Position.Offset));
            some.Clear();
            spare = some;
            await Task.Yield();
        }

        await writing;
        Assert.Equal(Enumerable.Range(1, count).SelectMany(i => new long[] { i, i }), taken);
    }

    [Fact]
    public void Rule_9_what_comes_with_an_invalidation_or_after_it_waits_and_what_came_before_is_taken()
    {
        Add(1);
        AddInvalidation(2, rows: 2);
        Add(3);
        Assert.Equal([1L], Taken());
        Assert.Empty(Taken());
        Assert.Equal([2L], _queue.Invalidations(long.MaxValue).Select(i => i.Position.Offset));
        _queue.Settle(1);
        Assert.Empty(Taken());
        _queue.Settle(2);
        Assert.Equal([2L, 2, 3], Taken());
        Assert.Empty(_queue.Invalidations(long.MaxValue));
    }

    [Fact]
    public void Rule_9_what_waits_is_taken_up_to_an_offset_and_not_beyond_the_next_invalidation()
    {
        Add(1);
        Add(2);
        AddInvalidation(4);
        Add(5);
        AddInvalidation(6, rows: 1);
        Assert.Equal([1L], _queue.TakeAll(through: 1).Select(d => d.Change.Position.Offset));
        _queue.Settle(4);
        Assert.Equal([2L, 5], _queue.TakeAll(through: 7).Select(d => d.Change.Position.Offset));
        Assert.Equal([6L], _queue.Invalidations(long.MaxValue).Select(i => i.Position.Offset));
        _queue.Settle(7);
        Assert.Equal([6L], Taken());
    }

    [Fact]
    public void An_invalidation_wakes_the_queue_once_for_all_shapes_of_a_changeset()
    {
        var invalidation = Invalidation(1);
        Assert.True(_queue.Add(invalidation));
        Assert.False(_queue.Add(invalidation));
        Assert.Same(invalidation, Assert.Single(_queue.Invalidations(long.MaxValue)));
    }

    [Fact]
    public void Rule_19_what_is_held_up_counts_and_of_more_than_the_limit_nothing_is_kept()
    {
        AddInvalidation(1, rows: 1);
        Add(2, 3, 4, 5);
        AddInvalidation(6);
        Assert.Empty(Taken());
        Add(7, 8, 9);
        Assert.False(_queue.HasOverflowed());
        Add(10);
        Assert.True(_queue.HasOverflowed());
        Assert.Empty(_queue.Invalidations(long.MaxValue));
    }

    [Fact]
    public void What_waits_is_measured_until_it_is_taken_or_let_go()
    {
        using var services = Measured.Services();
        using var measured = new Measured(services);
        var queue = Pieces.Queue(2, services: services);
        queue.Add(Delivery(1));
        var one = Waiting();
        Assert.True(one > 0, $"{one} bytes");
        queue.Add(Delivery(2));
        Assert.Equal(2 * one, Waiting());
        queue.TakeAll(through: 1);
        Assert.Equal(one, Waiting());
        queue.TakeAll();
        Assert.Equal(0, Waiting());
        queue.Add(Delivery(3));
        queue.Add(Delivery(4));
        Assert.Equal(2 * one, Waiting());
        queue.Add(Delivery(5));
        Assert.Equal(0, Waiting());

        var other = Pieces.Queue(services: services);
        other.Add(Delivery(1));
        Assert.Equal(one, Waiting());
        other.Close();
        Assert.Equal(0, Waiting());

        long Waiting() => measured["livehub.queue.bytes"];
    }

    private static RoutedInvalidation Invalidation(long offset) => new(LiveHub.Changes.Invalidation.Of(Catalog.Genre), new(offset, 0));

    private static Delivery Delivery(long offset)
        => new(
            new(new(Catalog.Change(Catalog.Genre, null, Catalog.Row(Catalog.Genre, new Genre())), new(offset, 0)), Member.Shape, DiffKind.Insert, isShared: false), Member);

    private void AddInvalidation(long offset, int rows = 0)
    {
        AddChangeset(offset, rows);
        _queue.Add(Invalidation(offset));
    }

    private void AddChangeset(long offset, int rows)
    {
        for (var i = 0; i < rows; i++)
        {
            _queue.Add(Delivery(offset));
        }
    }

    private void Add(params int[] offsets)
    {
        foreach (var offset in offsets)
        {
            _queue.Add(Delivery(offset));
        }
    }

    private List<long> Taken(long through = long.MaxValue) => [.. _queue.TakeAll(through).Select(d => d.Change.Position.Offset)];
}
