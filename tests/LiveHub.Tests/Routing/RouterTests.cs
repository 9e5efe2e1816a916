using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Routing;
using LiveHub.Shapes;
using LiveHub.Tests.Infrastructure;
using LiveHub.Tests.Model;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Tests.Routing;

public sealed class RouterTests : IAsyncDisposable
{
    private readonly LosingLog _log = new();
    private readonly Router _router;
    private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly ServiceProvider _services = Measured.Services();
    private Task _running = Task.CompletedTask;

    public RouterTests() => _router = Pieces.Router(_log, services: _services);

    [Fact]
    public async Task Changes_reach_the_queues_of_those_who_see_them_in_the_order_of_the_log()
    {
        Start();
        var (ones, all) = (Join(Catalog.Term(Catalog.Book, "ShelfId", 1)), Join());
        for (var i = 1; i <= 100; i++)
        {
            _log.Append(Insert(i, shelf: i % 2));
        }

        await _router.WaitForAsync(100, _stopping.Token);
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
        _log.Append(Insert(1, 1).Changes[0], Insert(2, 1).Changes[0], Insert(3, 2).Changes[0]);
        await _router.WaitForAsync(1, _stopping.Token);
        var deliveries = queue.Take([]);
        Assert.Equal(5, deliveries.Count);
        await Until.TrueAsync(() => Volatile.Read(ref wakes) > 0, () => "It was not woken.");
        Assert.Equal(1, wakes);
        Assert.Equal(3, deliveries.Select(d => d.Change).Distinct().Count());
    }

    [Fact]
    public async Task Rule_16_all_who_see_a_change_share_what_is_serialized_of_it()
    {
        Start();
        var queues = Enumerable.Range(0, 3).Select(_ => Join()).ToList();
        _log.Append(Insert(1, 1));
        await _router.WaitForAsync(1, _stopping.Token);
        Assert.Single(queues.Select(q => Assert.Single(q.Take([])).Change).Distinct());
    }

    [Theory, InlineData(1, 1, 1), InlineData(1, 100, 1), InlineData(1, 1_536, 4), InlineData(300, 500, 2)]
    public async Task What_the_log_holds_already_is_routed_before_its_readers_are_woken_in_turns_of_many(int readers, int changes, int expectedWakes)
    {
        var wakes = 0;
        var queues = Enumerable.Range(0, readers).Select(_ => Pieces.Queue(int.MaxValue, onReady: _ => Interlocked.Increment(ref wakes))).ToList();
        queues.ForEach(queue => Attach(queue, Catalog.Shape(Catalog.Book)));
        for (var i = 1; i <= changes; i++)
        {
            _log.Append(Insert(i, shelf: 1));
        }

        Start();
        await _router.WaitForAsync(changes, _stopping.Token);
        await Until.TrueAsync(() => Volatile.Read(ref wakes) >= readers * expectedWakes, () => $"They were woken {wakes} times.");
        Assert.All(queues, queue => Assert.Equal(changes, queue.Take([]).Count));
        Assert.Equal(readers * expectedWakes, wakes);
    }

    [Fact]
    public async Task C3_a_queue_that_no_change_concerns_is_not_even_woken()
    {
        Start();
        var wakes = 0;
        Attach(Pieces.Queue(onReady: _ => wakes++), Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "ShelfId", 1)));
        _log.Append(Insert(1, 2));
        await _router.WaitForAsync(1, _stopping.Token);
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
        _log.Append(Insert(1, 1));
        _log.Append(Insert(2, 1) with { Invalidations = [new(Catalog.Book, [Catalog.Term(Catalog.Book, "ShelfId", 1)])] });
        await _router.WaitForAsync(2, _stopping.Token);
        Assert.Equal(2, wakes);
        Assert.Equal([1L, 1], Offsets(queue));
        Assert.Equal(2, Assert.Single(queue.Invalidations()).Position.Offset);
        Assert.Empty(other.Invalidations());
        queue.Settle(2);
        Assert.Equal([2L, 2], Offsets(queue));
    }

    [Fact]
    public async Task C3_a_queue_that_no_invalidation_concerns_is_not_even_woken()
    {
        Start();
        var wakes = 0;
        Attach(Pieces.Queue(onReady: _ => wakes++), Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "ShelfId", 1)), Catalog.Shape(Catalog.Genre));
        _log.Append(Catalog.Changeset() with { Invalidations = [new(Catalog.Book, [Catalog.Term(Catalog.Book, "ShelfId", 2)]), Invalidation.Of(Catalog.Copy)] });
        await _router.WaitForAsync(1, _stopping.Token);
        Assert.Equal(0, wakes);
    }

    [Fact]
    public async Task Routed_is_reached_only_when_everything_up_to_there_is_in_the_queues()
    {
        Start();
        var queue = Pieces.Queue(int.MaxValue);
        Attach(queue, Catalog.Shape(Catalog.Book));
        var appending = Task.Run(
            () =>
            {
                for (var i = 1; i <= 2_000; i++)
                {
                    _log.Append(Insert(i, 1));
                }
            },
            _stopping.Token);
        for (var taken = 0; taken < 2_000;)
        {
            var routed = _router.Routed.Offset;
            taken += queue.Take([]).Count;
            Assert.InRange(taken, routed, 2_000);
        }

        await appending;
    }

    [Fact]
    public async Task Waiting_for_an_offset_ends_when_it_is_routed_and_not_before()
    {
        var later = _router.WaitForAsync(2, _stopping.Token);
        var now = _router.WaitForAsync(0, _stopping.Token);
        Assert.True(now.IsCompletedSuccessfully);
        Start();
        _log.Append(Insert(1, 1));
        await _router.WaitForAsync(1, _stopping.Token);
        Assert.False(later.IsCompleted);
        _log.Append(Insert(2, 1));
        await later;
    }

    [Fact]
    public async Task Waiting_can_be_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        var waiting = _router.WaitForAsync(1, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Start();
        _log.Append(Insert(1, 1));
        await _router.WaitForAsync(1, _stopping.Token);
    }

    [Fact]
    public async Task The_router_begins_at_the_head()
    {
        _log.Append(Insert(1, 1));
        _log.Append(Insert(2, 1));
        await _router.SkipToHeadAsync(_stopping.Token);
        Assert.Equal(2, _router.Routed.Offset);
        var queue = Join();
        Start();
        _log.Append(Insert(3, 1));
        await _router.WaitForAsync(3, _stopping.Token);
        Assert.Equal([3L], Offsets(queue));
    }

    [Fact]
    public async Task Who_has_left_is_given_nothing_more()
    {
        Start();
        var queue = Pieces.Queue();
        var member = _router.Join(Catalog.Shape(Catalog.Book), queue);
        _log.Append(Insert(1, 1));
        await _router.WaitForAsync(1, _stopping.Token);
        _router.Leave(member);
        _log.Append(Insert(2, 1));
        await _router.WaitForAsync(2, _stopping.Token);
        Assert.Equal([1L], Offsets(queue));
    }

    [Fact]
    public async Task G9_a_queue_that_overflows_is_given_up_alone()
    {
        Start();
        var overflows = 0;
        var slow = Pieces.Queue(5, onOverflow: () => overflows++);
        Attach(slow, Catalog.Shape(Catalog.Book));
        var other = Join();
        for (var i = 1; i <= 20; i++)
        {
            _log.Append(Insert(i, 1));
        }

        await _router.WaitForAsync(20, _stopping.Token);
        Assert.Equal(1, overflows);
        Assert.Empty(slow.Take([]));
        Assert.Equal(20, Offsets(other).Count);
    }

    [Fact]
    public async Task An_entry_that_cannot_be_routed_is_counted_gives_everybody_up_and_the_next_is_routed()
    {
        using var measured = new Measured(_services);
        Start();
        var given = 0;
        Attach(Pieces.Queue(onOverflow: () => given++), Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "ShelfId", 1)));
        Attach(Pieces.Queue(onOverflow: () => given++), Catalog.Shape(Catalog.Genre));
        _log.Append(Broken());
        await _router.WaitForAsync(1, _stopping.Token);
        Assert.Equal(2, given);
        Assert.Equal(1, measured[$"livehub.failures routing {typeof(IndexOutOfRangeException)}"]);
        var queue = Join();
        _log.Append(Insert(2, 1));
        await _router.WaitForAsync(2, _stopping.Token);
        Assert.Equal([2L], Offsets(queue));
    }

    [Fact]
    public async Task A_log_that_was_trimmed_gives_everybody_up_and_routing_goes_on_at_the_head()
    {
        var given = 0;
        Attach(Pieces.Queue(onOverflow: () => given++), Catalog.Shape(Catalog.Book));
        Start();
        _log.Append(Insert(1, 1));
        await _router.WaitForAsync(1, _stopping.Token);
        _log.Skip(10);
        await _router.WaitForAsync(11, _stopping.Token);
        var queue = Join();
        _log.Append(Insert(12, 1));
        await _router.WaitForAsync(12, _stopping.Token);
        Assert.Equal(1, given);
        Assert.Equal([12L], Offsets(queue));
    }

    [Fact]
    public async Task Rule_7_a_row_that_cannot_be_placed_is_read_again_by_those_who_may_show_it_and_by_nobody_else()
    {
        var router = Pieces.Router(_log, new() { Count = 1 });
        _running = router.RunAsync(_stopping.Token);
        var (concerned, others) = (Pieces.Queue(), Pieces.Queue());
        router.Join(Catalog.Shape(Catalog.Book), concerned);
        router.Join(Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "ShelfId", 9)), concerned);
        router.Join(Catalog.Shape(Catalog.Genre), others);
        _log.Append(Insert(1, 1));
        _log.Append(Insert(2, 1));
        await router.WaitForAsync(2, _stopping.Token);
        Assert.Empty(concerned.Invalidations());
        _log.Append(Insert(1, 2));
        await router.WaitForAsync(3, _stopping.Token);
        Assert.Equal(3, Assert.Single(concerned.Invalidations()).Position.Offset);
        Assert.Empty(others.Invalidations());
    }

    [Fact]
    public async Task Rule_7_a_shape_that_comes_later_is_in_order_with_what_came_before_it()
    {
        Start();
        _log.Append(Catalog.Change(Catalog.Book, Book("b"), Book("c"), version: 2));
        await _router.WaitForAsync(1, _stopping.Token);
        var queue = Join();
        _log.Append(Catalog.Change(Catalog.Book, Book("a"), Book("b"), version: 1));
        await _router.WaitForAsync(2, _stopping.Token);
        Assert.Equal(2, Assert.Single(queue.Take([])).Change.Change.Version);
        Assert.Equal([1L, 2], _router.ReadRouted(0, 2)!.Select(e => e.Position.Offset));

        static Row Book(string title) => Catalog.Row(new Book { Id = 1, Title = title });
    }

    [Fact]
    public async Task A_detached_queue_is_not_given_up()
    {
        Start();
        var given = 0;
        var queue = Pieces.Queue(onOverflow: () => given++);
        _router.Attach(queue);
        _router.Detach(queue);
        _log.Append(Broken());
        await _router.WaitForAsync(1, _stopping.Token);
        Assert.Equal(0, given);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
        await _services.DisposeAsync();
    }

    private static Changeset Insert(int id, int shelf) => Catalog.Changeset(Catalog.Change(Catalog.Book, null, Catalog.Row(new Book { Id = id, ShelfId = shelf }), id));

    /// <summary>Its rows have no values, so that whoever looks at them fails.</summary>
    private static Change Broken() => Catalog.Changeset(Catalog.Change(Catalog.Book, null, new Row([]))).Changes[0];

    private static List<long> Offsets(SendQueue queue) => [.. queue.Take([]).Select(d => d.Change.Position.Offset)];

    private void Start() => _running = _router.RunAsync(_stopping.Token);

    private SendQueue Join(params Term[] terms)
    {
        var queue = Pieces.Queue();
        Attach(queue, Catalog.Shape(Catalog.Book, terms));
        return queue;
    }

    private void Attach(SendQueue queue, params Shape[] shapes)
    {
        _router.Attach(queue);
        foreach (var shape in shapes)
        {
            _router.Join(shape, queue);
        }
    }
}
