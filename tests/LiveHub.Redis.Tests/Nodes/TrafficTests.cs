using LiveHub.Redis.Tests.Infrastructure;
using LiveHub.Tests.Infrastructure;

namespace LiveHub.Redis.Tests.Nodes;

/// <summary>What nodes say to Redis.</summary>
public sealed class TrafficTests(PostgresServer server)
{
    private const int Saves = 30;

    [Fact]
    public async Task Rule_13_what_a_change_costs_in_Redis_does_not_depend_on_the_number_of_clients()
    {
        await using var nodes = await ShopNodes.StartAsync(server, configure: redis => redis.HeartbeatInterval = TimeSpan.FromSeconds(2));
        await nodes[0].AddItemsAsync(1, "cup");
        var guests = new List<Guest>();
        try
        {
            var counts = new List<Dictionary<string, long>>();
            foreach (var count in (int[])[1, 200])
            {
                guests.AddRange(await Task.WhenAll(Enumerable.Range(guests.Count, count - guests.Count).Select(_ => Guest.AtAsync(nodes[1]))));
                await nodes.Redis.ResetCountsAsync();
                for (var i = 0; i < Saves; i++)
                {
                    await nodes[0].RenameAsync(1, $"{count} {i}");
                    await guests[^1].UntilAsync(_ => guests[^1].NameOf(1) == $"{count} {i}");
                }

                counts.Add(new(await nodes.Redis.CallsAsync()));
            }

            foreach (var calls in counts)
            {
                Assert.Equal((Saves, Saves), (calls["xadd"], calls["publish"]));
                Assert.False(calls.ContainsKey("xrange"), "What had come was read.");

                // What is left of the scripts are heartbeats.
                Assert.InRange(calls["evalsha"], Saves, Saves + (Saves / 2));
            }

            await nodes.SettleAsync(guests);
        }
        finally
        {
            foreach (var guest in guests)
            {
                await guest.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task Applications_with_prefixes_of_their_own_share_a_Redis_and_nothing_else()
    {
        await using var ours = await ShopNodes.StartAsync(server, configure: redis => redis.Prefix = "ours");
        await using var theirs = ours.Beside(redis => redis.Prefix = "theirs");
        await theirs.AddAsync();
        await ours[0].AddItemsAsync(1, "our cup");
        await theirs[0].AddItemsAsync(1, "their cup");
        await using var our = await Guest.AtAsync(ours[1]);
        await using var their = await Guest.AtAsync(theirs[0]);
        for (var i = 0; i < 5; i++)
        {
            await ours[0].RenameAsync(1, $"our cup {i}");
            await theirs[0].RenameAsync(1, $"their cup {i}");
        }

        await ours.SettleAsync(our);
        await theirs.SettleAsync(their);
        Assert.DoesNotContain(our.Client.Frames, f => f.Contains("their cup", StringComparison.Ordinal));
        Assert.DoesNotContain(their.Client.Frames, f => f.Contains("our cup", StringComparison.Ordinal));
        Assert.NotEqual(our.Epoch, their.Epoch);
        var keys = ((object?[])(await ours.Redis.ExecuteAsync("KEYS", "*"))!).Select(k => ((string)k!).Split(':')[0]).Distinct().Order();
        Assert.Equal(["{ours}", "{theirs}"], keys);

        // What becomes of one is nothing to the other.
        await ours.Redis.ExecuteAsync("DEL", "{ours}:state", "{ours}:log", "{ours}:changesets");
        await our.UntilSentAwayAsync();
        await theirs.SettleAsync(their);
    }
}
