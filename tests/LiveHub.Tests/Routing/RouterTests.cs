using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Tests.Infrastructure;
using LiveHub.Tests.Model;
using Microsoft.Extensions.Options;

namespace LiveHub.Tests.Routing;

/// <summary>What reaches which queues.</summary>
public sealed class RouterTests : RouterSetup
{
    [Fact]
    public async Task Changes_reach_the_queues_of_those_who_see_them_in_the_order_of_theLog()
    {
        Start();
        var (ones, all) = (Join(Catalog.Term(Catalog.Book, "ShelfId", 1)), Join());
        for (var i = 1; i <= 100; i++)
        {
            Log.Append(Insert(i, shelf: i % 2));
        }

        await Router.WaitForAsync(100, Stopping);
        Assert.Equal(Enumerable.Range(1, 100).Select(i => (long)i), Offsets(all));
        Assert.Equal(Enumerable.Range(1, 100).Where(i => i % 2 == 1).Select(i => (long)i), Offsets(ones));
    }

    [Fact]
    public async Task G5_a_changeset_reaches_a_queue_whole_and_wakes_it_once()
    {
        Start();
        var wakes = 0;
        var queue = Pieces.Queue(onReady: _ => wakes++);
        Attach(queue, Catalog.Shape(Catalog.Book), Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "ShelfId", 1)));
        Log.Append(Insert(1, 1).Changes[0], Insert(2, 1).Changes[0], Insert(3, 2).Changes[0]);
        await Router.WaitForAsync(1, Stopping);
        var deliveries = queue.TakeAll();
        Assert.Equal(5, deliveries.Count);
        await Until.TrueAsync(() => Volatile.Read(ref wakes) > 0, () => "It was not woken.");
        Assert.Equal(1, wakes);
        Assert.Equal(3, deliveries.Select(d => d.Change).Distinct().Count());
    }

    [Fact]
    public async Task The_lag_is_measured_from_the_moment_in_which_a_changeset_came_into_the_log_until_it_is_routed()
    {
        var clock = new Clock();
        await using var services = Measured.Services(clock);
        using var measured = new Measured(services);
        var log = new MemoryBackplane(Options.Create(new LiveHubOptions()), clock);
        log.Append(Insert(1, shelf: 1));
        clock.Advance(TimeSpan.FromMilliseconds(250));
        log.Append(Insert(2, shelf: 1));
        clock.Advance(TimeSpan.FromMilliseconds(750));
        Start(Pieces.Router(log, services: services));
        await Until.TrueAsync(() => measured["livehub.lag"] == 2, measured.ToString);
        Assert.Equal([1, 0.75], measured.Values("livehub.lag"));
    }

    [Fact]
    public async Task Rule_16_all_who_see_a_change_share_what_is_serialized_of_it()
    {
        Start();
        var queues = Enumerable.Range(0, 3).Select(_ => Join()).ToList();
        Log.Append(Insert(1, 1));
        await Router.WaitForAsync(1, Stopping);
        Assert.Single(queues.Select(q => Assert.Single(q.TakeAll()).Change).Distinct());
    }

    [Theory, InlineData(1, 1, 1), InlineData(1, 100, 1), InlineData(1, 1_536, 4), InlineData(600, 500, 2)]
    public async Task What_the_log_holds_already_is_routed_before_its_readers_are_woken_in_turns_of_many(int readers, int changes, int expectedWakes)
    {
        var wakes = 0;
        var queues = Enumerable.Range(0, readers).Select(_ => Pieces.Queue(int.MaxValue, onReady: _ => Interlocked.Increment(ref wakes))).ToList();
        queues.ForEach(queue => Attach(queue, Catalog.Shape(Catalog.Book)));
        for (var i = 1; i <= changes; i++)
        {
            Log.Append(Insert(i, shelf: 1));
        }

        Start();
        await Router.WaitForAsync(changes, Stopping);
        await Until.TrueAsync(() => Volatile.Read(ref wakes) >= readers * expectedWakes, () => $"They were woken {wakes} times.");
        Assert.All(queues, queue => Assert.Equal(changes, queue.TakeAll().Count));
        Assert.Equal(readers * expectedWakes, wakes);
    }

    [Fact]
    public async Task C3_a_queue_that_no_change_concerns_is_not_even_woken()
    {
        Start();
        var wakes = 0;
        Attach(Pieces.Queue(onReady: _ => wakes++), Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "ShelfId", 1)));
        Log.Append(Insert(1, 2));
        await Router.WaitForAsync(1, Stopping);
        Assert.Equal(0, wakes);
    }

    [Fact]
    public async Task Rule_5_an_invalidation_reaches_the_queues_that_may_show_its_rows_with_its_changeset_and_once()
    {
        Start();
        var wakes = 0;
        var queue = Pieces.Queue(onReady: _ => wakes++);
        Attach(queue, Catalog.Shape(Catalog.Book), Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "ShelfId", 1)));
        var other = Join(Catalog.Term(Catalog.Book, "ShelfId", 2));
        Log.Append(Insert(1, 1));
        Log.Append(Insert(2, 1) with { Invalidations = [new(Catalog.Book, [Catalog.Term(Catalog.Book, "ShelfId", 1)])] });
        await Router.WaitForAsync(2, Stopping);
        Assert.Equal(2, wakes);
        Assert.Equal([1L, 1], Offsets(queue));
        Assert.Equal(2, Assert.Single(queue.Invalidations(Router.Routed.Offset)).Position.Offset);
        Assert.Empty(other.Invalidations(Router.Routed.Offset));
        queue.Settle(2);
        Assert.Equal([2L, 2], Offsets(queue));
    }

    [Fact]
    public async Task C3_a_queue_that_no_invalidation_concerns_is_not_even_woken()
    {
        Start();
        var wakes = 0;
        Attach(Pieces.Queue(onReady: _ => wakes++), Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "ShelfId", 1)), Catalog.Shape(Catalog.Genre));
        Log.Append(Catalog.Changeset() with { Invalidations = [new(Catalog.Book, [Catalog.Term(Catalog.Book, "ShelfId", 2)]), Invalidation.Of(Catalog.Copy)] });
        await Router.WaitForAsync(1, Stopping);
        Assert.Equal(0, wakes);
    }

    [Fact]
    public async Task Who_has_left_is_given_nothing_more()
    {
        Start();
        var queue = Pieces.Queue();
        var member = Router.Join(Catalog.Shape(Catalog.Book), queue);
        Log.Append(Insert(1, 1));
        await Router.WaitForAsync(1, Stopping);
        Router.Leave(member);
        Log.Append(Insert(2, 1));
        await Router.WaitForAsync(2, Stopping);
        Assert.Equal([1L], Offsets(queue));
    }

    [Fact]
    public async Task Rule_7_a_row_that_cannot_be_placed_is_read_again_by_those_who_may_show_it_and_by_nobody_else()
    {
        var router = Pieces.Router(Log, new() { Count = 1 });
        Start(router);
        var (concerned, others) = (Pieces.Queue(), Pieces.Queue());
        router.Join(Catalog.Shape(Catalog.Book), concerned);
        router.Join(Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "ShelfId", 9)), concerned);
        router.Join(Catalog.Shape(Catalog.Genre), others);
        Log.Append(Insert(1, 1));
        Log.Append(Insert(2, 1));
        await router.WaitForAsync(2, Stopping);
        Assert.Empty(concerned.Invalidations(router.Routed.Offset));
        Log.Append(Insert(1, 2));
        await router.WaitForAsync(3, Stopping);
        Assert.Equal(3, Assert.Single(concerned.Invalidations(router.Routed.Offset)).Position.Offset);
        Assert.Empty(others.Invalidations(router.Routed.Offset));
    }

    [Fact]
    public async Task Rule_7_a_shape_that_comes_later_is_in_order_with_what_came_before_it()
    {
        Start();
        Log.Append(Catalog.Change(Catalog.Book, Book("b"), Book("c"), version: 2));
        await Router.WaitForAsync(1, Stopping);
        var queue = Join();
        Log.Append(Catalog.Change(Catalog.Book, Book("a"), Book("b"), version: 1));
        await Router.WaitForAsync(2, Stopping);
        Assert.Equal(2, Assert.Single(queue.TakeAll()).Change.Change.Version);
        Assert.Equal([1L, 2], Router.ReadRouted(0, 2)!.Select(e => e.Position.Offset));

        static Row Book(string title) => Catalog.Row(new Book { Id = 1, Title = title });
    }
}
