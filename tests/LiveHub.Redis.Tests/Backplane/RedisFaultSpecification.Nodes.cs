using System.Globalization;
using LiveHub.Redis.Tests.Infrastructure;
using LiveHub.Tests.Backplane;
using LiveHub.Tests.Infrastructure;

namespace LiveHub.Redis.Tests.Backplane;

/// <summary>Nodes go, in order or without a word (docs/decisions/0018).</summary>
public abstract partial class RedisFaultSpecification
{
    private const string Present = "{livehub}:nodes";

    [Fact]
    public async Task G11_a_node_that_is_stopped_in_order_costs_nobody_anything()
    {
        var nodes = await StartAsync(2);
        await nodes.ConvergeAsync();
        await Until.TrueAsync(async () => (await PresentAsync(nodes)).Count == 2, () => "Not all have said that they are there.");
        await ((IAsyncDisposable)nodes.All[1].Log).DisposeAsync();

        // Whoever is missed from here on is so soon.
        var epoch = nodes.All[0].Log.Epoch;
        ((RedisBackplane)nodes.All[0].Log).NodeTimeout = TimeSpan.FromMilliseconds(300);
        await Task.Delay(TimeSpan.FromSeconds(1), Stopping);
        await nodes.ConvergeOthersAsync(1);
        Assert.Equal(epoch, nodes.All[0].Log.Epoch);
        Assert.Empty(nodes.All[0].Resets);
    }

    [Fact]
    public async Task G11_what_was_saved_right_before_a_node_is_stopped_in_order_is_in_the_log_and_nobody_starts_again()
    {
        var nodes = await StartAsync(2);
        await nodes.ConvergeAsync();
        nodes.Lines[1].Delay = TimeSpan.FromMilliseconds(50);
        var last = nodes.All[1].Append(1_000);
        await ((IAsyncDisposable)nodes.All[1].Log).DisposeAsync();
        var head = await nodes.All[0].Log.ReadHeadAsync(default, Stopping);
        var ids = last.Select(c => c.Id).ToHashSet();
        Assert.Equal(last.Select(c => c.Id), (await nodes.All[0].Log.ReadRangeAsync(0, head.Offset, Stopping))!.Select(e => e.Changeset.Id).Where(ids.Contains));
        Assert.Single(await PresentAsync(nodes));
        Assert.Empty(nodes.All[0].Resets);
    }

    /// <summary>It has nothing left that waits, and has not said yet that something is missing.</summary>
    [Fact]
    public async Task G11_a_node_that_is_stopped_with_more_saved_than_may_wait_takes_no_leave()
    {
        var nodes = await StartAsync(2, configure: o => (o.MaxQueuedChangesets, o.CommandTimeout) = (5, TimeSpan.FromSeconds(5)));
        await nodes.ConvergeAsync();
        await Until.TrueAsync(async () => (await PresentAsync(nodes)).Count == 2, () => "Not all have said that they are there.");
        ((RedisBackplane)nodes.All[1].Log).NodeTimeout = TimeSpan.FromSeconds(1);
        nodes.Lines[0].Delay = TimeSpan.FromMilliseconds(200);
        nodes.All[0].Append(20);
        await ((IAsyncDisposable)nodes.All[0].Log).DisposeAsync();
        await Until.TrueAsync(() => nodes.All[1].Resets.Count > 0, () => nodes.All[1].ToString());
    }

    /// <summary>For less time than a command may take: no connection is lost.</summary>
    [Fact]
    public async Task G11_who_has_waited_for_Redis_to_go_on_misses_nobody_for_it()
    {
        var nodes = await StartAsync(3, configure: o => o.CommandTimeout = TimeSpan.FromSeconds(20));
        await nodes.ConvergeAsync();
        foreach (var node in nodes.All)
        {
            ((RedisBackplane)node.Log).NodeTimeout = TimeSpan.FromSeconds(2);
        }

        for (var i = 0; i < 3; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), Stopping);
            await nodes.Server.StopAsync();
            await Task.Delay(TimeSpan.FromSeconds(3), Stopping);
            await nodes.Server.ContinueAsync();
        }

        await nodes.ConvergeAsync();
        NobodyStartedAgain(nodes);
    }

    [Fact]
    public async Task G11_who_finds_Redis_again_gives_the_others_as_long_to_find_it()
    {
        var nodes = await StartAsync(2);
        await nodes.ConvergeAsync();
        nodes.Lines[0].Cut();
        nodes.Lines[1].Cut();
        await Until.TrueAsync(() => nodes.All.All(n => !n.Log.WaitUntilHeardAsync(default).IsCompleted), () => "They still hear Redis.");

        // As if that had been so for an hour.
        var longAgo = (DateTimeOffset.UtcNow - TimeSpan.FromHours(1)).ToUnixTimeMilliseconds();
        foreach (var node in (await PresentAsync(nodes)).Keys)
        {
            await nodes.Server.ExecuteAsync("HSET", Present, node, longAgo.ToString(CultureInfo.InvariantCulture));
        }

        nodes.Lines[0].Mend();
        var seen = new HashSet<long>();
        await Until.TrueAsync(async () => seen.Add((await PresentAsync(nodes)).Values.Max()) && seen.Count > 4, () => "It does not come back.");
        nodes.Lines[1].Mend();
        await nodes.ConvergeAsync();
        NobodyStartedAgain(nodes);
    }

    /// <summary>When each node was there last, as Redis has it.</summary>
    private static async Task<Dictionary<string, long>> PresentAsync(RedisNodes nodes)
        => ((object?[])(await nodes.Server.ExecuteAsync("HGETALL", Present))!).Chunk(2).ToDictionary(n => (string)n[0]!, n => long.Parse((string)n[1]!, CultureInfo.InvariantCulture));
}
