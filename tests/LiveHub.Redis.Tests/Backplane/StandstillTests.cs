using LiveHub.Changes;
using LiveHub.Redis.Tests.Infrastructure;

namespace LiveHub.Redis.Tests.Backplane;

/// <summary>Redis stands still for half a minute of the real clock: a class of its own, since classes run beside each other.</summary>
public sealed class StandstillTests
{
    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    [Fact]
    public async Task G11_a_server_that_stands_still_for_half_a_minute_costs_nothing_but_that_time()
    {
        // As it is by default: longer than a node may be away before it counts as gone.
        var defaults = new RedisOptions();
        await using var nodes = new RedisNodes(await RedisServer.StartAsync(), RedisBackplaneTests.CreateAsync, Stopping)
        {
            Configure = o => (o.CommandTimeout, o.HeartbeatInterval) = (defaults.CommandTimeout, defaults.HeartbeatInterval),
        };
        await nodes.AddAsync(3);
        await nodes.ConvergeAsync();
        await nodes.Server.StopAsync();
        var still = Task.Delay(TimeSpan.FromSeconds(30), Stopping);
        var meanwhile = nodes.All.Select(_ => new List<Changeset>()).ToList();
        var hasBeenSilent = false;
        while (!still.IsCompleted)
        {
            for (var i = 0; i < nodes.All.Count; i++)
            {
                meanwhile[i].AddRange(nodes.All[i].Append(1));
            }

            hasBeenSilent |= nodes.All.All(n => n.Log.SilentSince is not null);
            await Task.WhenAny(still, Task.Delay(20, Stopping));
        }

        Assert.True(hasBeenSilent, "Nobody has noticed.");
        Assert.All(meanwhile, appended => Assert.DoesNotContain(appended, c => nodes.All.Any(n => n.HasSeen(c))));
        await nodes.Server.ContinueAsync();
        await nodes.ConvergeAsync();
        Assert.All(nodes.All, n => Assert.Empty(n.Resets));
        Assert.All(nodes.All, n => Assert.Null(n.Log.SilentSince));
        foreach (var appended in meanwhile)
        {
            var ids = appended.Select(c => c.Id).ToHashSet();
            Assert.All(nodes.All, n => Assert.Equal(appended.Select(c => c.Id), n.Entries.Select(e => e.Changeset.Id).Where(ids.Contains)));
        }
    }
}
