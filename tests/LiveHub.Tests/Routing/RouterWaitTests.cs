using LiveHub.Tests.Model;

namespace LiveHub.Tests.Routing;

/// <summary>How far the router is, and who waits for that.</summary>
public sealed class RouterWaitTests : RouterSetup
{
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
                    Log.Append(Insert(i, 1));
                }
            },
            Stopping);
        for (var taken = 0; taken < 2_000;)
        {
            var routed = Router.Routed.Offset;
            taken += queue.TakeAll().Count;
            Assert.InRange(taken, routed, 2_000);
        }

        await appending;
    }

    [Fact]
    public async Task Waiting_for_an_offset_ends_when_it_is_routed_and_not_before()
    {
        var later = Router.WaitForAsync(2, Stopping);
        var now = Router.WaitForAsync(0, Stopping);
        Assert.True(now.IsCompletedSuccessfully);
        Start();
        Log.Append(Insert(1, 1));
        await Router.WaitForAsync(1, Stopping);
        Assert.False(later.IsCompleted);
        Log.Append(Insert(2, 1));
        await later;
    }

    [Fact]
    public async Task Waiting_can_be_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        var waiting = Router.WaitForAsync(1, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Start();
        Log.Append(Insert(1, 1));
        await Router.WaitForAsync(1, Stopping);
    }

    [Fact]
    public async Task Rule_20_the_router_begins_where_the_log_does_and_remembers_what_it_holds()
    {
        Log.Append(Insert(1, 1));
        Log.Append(Insert(2, 1));
        var (begin, head) = (Log.Begin, Log.Head);
        await Router.StartAsync(Stopping);
        Assert.Equal(0, Router.Routed.Offset);
        Start();
        await Router.WaitForAsync(2, Stopping);
        Assert.Equal([true, true], new[] { Router.Remembers(begin), Router.Remembers(head) });
        var queue = Join();
        Log.Append(Insert(3, 1));
        await Router.WaitForAsync(3, Stopping);
        Assert.Equal([3L], Offsets(queue));
    }
}
