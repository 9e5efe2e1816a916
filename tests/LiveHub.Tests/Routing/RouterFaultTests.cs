using LiveHub.Backplane;
using LiveHub.Tests.Infrastructure;
using LiveHub.Tests.Model;
using Microsoft.Extensions.Options;

namespace LiveHub.Tests.Routing;

/// <summary>Who is given up, and that routing goes on.</summary>
public sealed class RouterFaultTests : RouterSetup
{
    [Fact]
    public async Task G9_a_queue_that_overflows_lets_go_alone_and_takes_in_again_what_comes_after_it_was_opened()
    {
        Start();
        var slow = Pieces.Queue(5, onGivenUp: () => Assert.Fail("It is given up."));
        Attach(slow, Catalog.Shape(Catalog.Book));
        var other = Join();
        for (var i = 1; i <= 20; i++)
        {
            Log.Append(Insert(i, 1));
        }

        await Router.WaitForAsync(20, Stopping);
        Assert.True(slow.HasOverflowed());
        Assert.Equal(20, Offsets(other).Count);
        Assert.Equal(20, Router.Reopen(slow));
        Log.Append(Insert(21, 1));
        await Router.WaitForAsync(21, Stopping);
        Assert.Equal([21L], Offsets(slow));
    }

    [Fact]
    public async Task An_entry_that_cannot_be_routed_is_counted_gives_everybody_up_and_the_next_is_routed()
    {
        using var measured = new Measured(Services);
        Start();
        var given = 0;
        Attach(Pieces.Queue(onGivenUp: () => given++), Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "ShelfId", 1)));
        Attach(Pieces.Queue(onGivenUp: () => given++), Catalog.Shape(Catalog.Genre));
        Log.Append(Broken());
        await Router.WaitForAsync(1, Stopping);
        Assert.Equal(2, given);
        Assert.Equal(1, measured[$"livehub.failures routing {typeof(IndexOutOfRangeException)}"]);
        var queue = Join();
        Log.Append(Insert(2, 1));
        await Router.WaitForAsync(2, Stopping);
        Assert.Equal([2L], Offsets(queue));
    }

    [Fact]
    public async Task A_log_that_was_trimmed_gives_everybody_up_and_routing_goes_on_at_the_head()
    {
        var given = 0;
        Attach(Pieces.Queue(onGivenUp: () => given++), Catalog.Shape(Catalog.Book));
        Start();
        Log.Append(Insert(1, 1));
        await Router.WaitForAsync(1, Stopping);
        Log.Skip(10);
        await Router.WaitForAsync(11, Stopping);
        var queue = Join();
        Log.Append(Insert(12, 1));
        await Router.WaitForAsync(12, Stopping);
        Assert.Equal(1, given);
        Assert.Equal([12L], Offsets(queue));
    }

    [Fact]
    public async Task G7_what_is_trimmed_before_a_node_has_begun_to_read_costs_its_clients_no_more_than_that()
    {
        using var measured = new Measured(Services);
        var retention = new LogRetention { Count = 3 };
        var log = new MemoryBackplane(Options.Create(new LiveHubOptions { LogRetention = retention }), TimeProvider.System);
        var router = Pieces.Router(log, retention, Services);
        void Append(int id) => log.Append(Insert(id, 1));
        Enumerable.Range(1, 5).ToList().ForEach(Append);
        await router.StartAsync(Stopping);
        Append(6);
        Start(router);
        await router.WaitForAsync(6, Stopping);
        Assert.Equal([4L, 5, 6], router.ReadRouted(3, 6)?.Select(e => e.Position.Offset));
        Assert.Equal(0, measured[$"livehub.failures routing {typeof(LogTrimmedException)}"]);
    }

    [Fact]
    public async Task A_detached_queue_is_not_given_up()
    {
        Start();
        var given = 0;
        var queue = Pieces.Queue(onGivenUp: () => given++);
        Router.Attach(queue);
        Router.Detach(queue);
        Log.Append(Broken());
        await Router.WaitForAsync(1, Stopping);
        Assert.Equal(0, given);
    }
}
