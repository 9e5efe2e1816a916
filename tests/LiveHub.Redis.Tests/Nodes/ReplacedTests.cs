using LiveHub.Backplane;
using LiveHub.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Redis.Tests.Nodes;

/// <summary>The log is lost, or something that belongs into it: everybody starts again (rule 14).</summary>
public sealed class ReplacedTests(PostgresServer server)
{
    private const int Guests = 16;

    private static readonly TimeSpan CommandTimeout = TimeSpan.FromMilliseconds(500);

    [Fact]
    public async Task S5_a_Redis_that_comes_back_empty_resets_every_client_with_jitter_and_all_end_right()
    {
        await using var nodes = await ShopNodes.StartAsync(server);
        await EveryoneStartsAgainAsync(nodes, async () =>
        {
            await nodes.Redis.KillAsync();
            await nodes[0].RenameAsync(1, "saved meanwhile");
            await nodes.Redis.RestartAsync(isEmpty: true);
        });
    }

    [Fact]
    public async Task S5_a_Redis_that_is_flushed_resets_every_client_with_jitter_and_all_end_right()
    {
        await using var nodes = await ShopNodes.StartAsync(server);
        await EveryoneStartsAgainAsync(nodes, () => nodes.Redis.ExecuteAsync("FLUSHALL"));
    }

    [Fact]
    public async Task S5_a_node_that_could_not_keep_what_it_saved_resets_every_client_with_jitter_and_all_end_right()
    {
        await using var nodes = await ShopNodes.StartAsync(server, configure: redis => (redis.MaxQueuedChangesets, redis.CommandTimeout) = (5, CommandTimeout));
        await EveryoneStartsAgainAsync(nodes, async () =>
        {
            nodes.Lines[0].Cut();
            for (var i = 0; i < 10; i++)
            {
                await nodes[0].RenameAsync(1, $"saved meanwhile {i}");
            }

            nodes.Lines[0].Mend();
        });
    }

    [Fact]
    public async Task S5_a_node_that_is_lost_with_what_it_saved_while_Redis_was_away_resets_every_client_with_jitter_and_all_end_right()
    {
        await using var nodes = await ShopNodes.StartAsync(server, count: 0, configure: redis => redis.CommandTimeout = CommandTimeout);
        for (var i = 0; i < 2; i++)
        {
            await nodes.AddAsync(services => services
                .AddSingleton(s =>
                {
                    var log = ActivatorUtilities.CreateInstance<RedisBackplane>(s);
                    log.NodeTimeout = TimeSpan.FromSeconds(1);
                    return log;
                })
                .AddSingleton<IBackplane>(s => s.GetRequiredService<RedisBackplane>()));
        }

        var lost = await nodes.AddAsync();
        await EveryoneStartsAgainAsync(nodes, async () =>
        {
            foreach (var line in nodes.Lines)
            {
                line.Cut();
            }

            await Until.TrueAsync(() => !lost.Log.WaitUntilHeardAsync(default).IsCompleted, () => "It still hears Redis.");
            await lost.RenameAsync(1, "saved meanwhile");
            await nodes.LoseAsync(2);
            nodes.Lines[0].Mend();
            nodes.Lines[1].Mend();
        });
    }

    private static async Task EveryoneStartsAgainAsync(ShopNodes nodes, Func<Task> happens)
    {
        await nodes[0].AddItemsAsync(1, "cup", "jug");
        var guests = await Task.WhenAll(Enumerable.Range(0, Guests).Select(i => Guest.AtAsync(nodes[i % 2])));
        try
        {
            var epoch = Assert.Single(guests.Select(g => g.Epoch).Distinct());
            await happens();
            var retries = new List<int>();
            foreach (var guest in guests)
            {
                await guest.UntilSentAwayAsync();
                retries.Add(guest.RetryMs!.Value);
            }

            Assert.True(retries.Distinct().Count() > 3, string.Join(", ", retries));
            await nodes[0].RenameAsync(2, "of the new log");
            await nodes[1].RenameAsync(2, "and of the new log too");
            foreach (var guest in guests.Take(2))
            {
                await guest.Client.Closed;
                Assert.DoesNotContain(guest.Client.Frames, f => f.Contains("of the new log", StringComparison.Ordinal));
                Assert.Contains("going-away", guest.Client.Frames[^1], StringComparison.Ordinal);
                Assert.Equal(epoch, guest.Epoch);
            }

            await Task.WhenAll(guests.Select((guest, i) => guest.GoToAsync(nodes[(i + 1) % 2])));
            Assert.All(guests, guest => Assert.Empty(guest.View.Resumed));
            await nodes.SettleAsync(guests);
            Assert.NotEqual(epoch, Assert.Single(guests.Select(g => g.Epoch).Distinct()));
        }
        finally
        {
            foreach (var guest in guests)
            {
                await guest.DisposeAsync();
            }
        }
    }
}
