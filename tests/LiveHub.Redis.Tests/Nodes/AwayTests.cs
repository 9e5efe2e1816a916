using LiveHub.Tests.Capture;
using LiveHub.Tests.Infrastructure;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LiveHub.Redis.Tests.Nodes;

/// <summary>Redis is away and comes back with what it had.</summary>
public sealed class AwayTests(PostgresServer server)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(20)]
    [InlineData(-20)]
    public async Task A_node_whose_clock_is_wrong_hears_the_log_as_others_do_and_reaches_back_as_far(int minutes)
    {
        await using var nodes = await ShopNodes.StartAsync(server, count: 1);
        nodes.Clock.Set(TimeSpan.FromMinutes(minutes));
        await Until.TrueAsync(() => Math.Abs(((RedisBackplane)nodes[0].Log).Skew.TotalMinutes + minutes) < 1, () => "Nobody has noticed.");
        Assert.Null(nodes[0].Log.SilentSince);
        await nodes[0].AddItemsAsync(1, "cup");
        await using var guest = await Guest.AtAsync(nodes[0]);
        var begin = nodes[0].Log.Begin;
        for (var i = 0; i < 20; i++)
        {
            await nodes[0].RenameAsync(1, $"name {i}");
        }

        Assert.Equal(begin, nodes[0].Log.Begin);
        await guest.GoToAsync(nodes[0]);
        guest.HasResumed();
        await nodes.SettleAsync(guest);
    }

    /// <param name="isKilled">Or it stands still, and its connections stay.</param>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task G11_while_Redis_is_away_saves_go_on_and_clients_wait_to_be_welcome_and_go_on_with_what_was_saved_meanwhile_in_order(bool isKilled)
    {
        // No save waits for so long; who waits for an answer does.
        await using var nodes = await ShopNodes.StartAsync(server, isPersistent: true, configure: redis => redis.CommandTimeout = TimeSpan.FromMinutes(1));
        await nodes[0].AddItemsAsync(1, "cup", "jug");
        await using var here = await Guest.AtAsync(nodes[0]);
        await using var there = await Guest.AtAsync(nodes[1]);
        await using var fresh = new Guest();
        await nodes.SettleAsync(here, there);
        Assert.Equal([HealthStatus.Healthy, HealthStatus.Healthy], [await nodes.HealthAsync(0), await nodes.HealthAsync(1)]);
        var log = await LogOf.StartAsync(nodes[1]);

        await (isKilled ? nodes.Redis.KillAsync() : nodes.Redis.StopAsync());
        for (var i = 0; i < 10; i++)
        {
            await nodes[0].RenameAsync(1, $"here {i}").WaitAsync(Patience);
            await nodes[1].RenameAsync(2, $"there {i}").WaitAsync(Patience);
        }

        nodes.Clock.Leap(TimeSpan.FromSeconds(6));
        await here.UntilSentAwayAsync();
        await there.UntilSentAwayAsync();
        Assert.Equal([HealthStatus.Degraded, HealthStatus.Degraded], [await nodes.HealthAsync(0), await nodes.HealthAsync(1)]);
        await here.KnockAsync(nodes[1]);
        await there.KnockAsync(nodes[0]);
        await fresh.KnockAsync(nodes[0]);
        await nodes[0].RenameAsync(1, "at last").WaitAsync(Patience);
        await Task.Delay(300);
        Assert.All((Guest[])[here, there, fresh], g => Assert.False(g.Client.HasMore, "It was welcome."));

        nodes.Queries.Reset();
        await (isKilled ? nodes.Redis.RestartAsync(isEmpty: false) : nodes.Redis.ContinueAsync());
        await here.EnterAsync();
        await there.EnterAsync();
        Assert.Equal(0, nodes.Queries.Count("SELECT"));
        here.HasResumed();
        there.HasResumed();
        await fresh.EnterAsync();
        await nodes.SettleAsync(here, there, fresh);
        await nodes.UntilHealthIsAsync(0, HealthStatus.Healthy);
        await nodes.UntilHealthIsAsync(1, HealthStatus.Healthy);
        var came = (await log.ReadAsync()).SelectMany(c => c).Select(c => c.Split(" -> ")[1]).ToList();
        Assert.Equal([.. Enumerable.Range(0, 10).Select(i => $"here {i}"), "at last"], came.Where(n => n.StartsWith("here", StringComparison.Ordinal) || n == "at last"));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"there {i}"), came.Where(n => n.StartsWith("there", StringComparison.Ordinal)));
    }
}
