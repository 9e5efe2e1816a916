using LiveHub.Tests.Backplane;
using LiveHub.Tests.Infrastructure;

namespace LiveHub.Redis.Tests.Backplane;

/// <summary>Redis is away, and comes back with the log that it had.</summary>
public abstract partial class RedisFaultSpecification
{
    [Fact]
    public async Task G11_a_server_that_is_killed_and_comes_back_with_its_data_costs_nothing()
    {
        var nodes = await StartAsync(isPersistent: true);
        await nodes.WhileAppendingAsync(async () =>
        {
            for (var i = 0; i < 3; i++)
            {
                await nodes.Server.KillAsync();
                await Task.Delay(200, Stopping);
                await nodes.Server.RestartAsync(isEmpty: false);
                await Task.Delay(200, Stopping);
            }
        });
        await nodes.ConvergeAsync();
        NobodyStartedAgain(nodes);
    }

    [Fact]
    public async Task G11_a_server_that_stands_still_for_a_while_costs_nothing()
    {
        var nodes = await StartAsync();
        await nodes.WhileAppendingAsync(async () =>
        {
            await nodes.Server.StopAsync();
            await Task.Delay(TimeSpan.FromSeconds(3), Stopping);
            await nodes.Server.ContinueAsync();
        });
        await nodes.ConvergeAsync();
        NobodyStartedAgain(nodes);
    }

    /// <param name="parameter">By which it is told to refuse writes: it is full, or too few replicas have what it has.</param>
    [Theory]
    [InlineData("maxmemory", "1", "0")]
    [InlineData("min-replicas-to-write", "1", "0")]
    public async Task G11_a_server_that_answers_and_takes_no_writes_is_not_heard_and_costs_nothing_when_it_does_again(string parameter, string refuses, string takes)
    {
        var nodes = await StartAsync();
        await nodes.ConvergeAsync();
        var connections = await nodes.Server.ConnectionsAsync();
        await nodes.Server.ExecuteAsync("CONFIG", "SET", parameter, refuses);
        nodes.All[0].Append(1);
        await Until.TrueAsync(() => nodes.All.All(n => n.Log.SilentSince is not null), () => "They hear it.");
        await Assert.ThrowsAsync<BackplaneSilentException>(async () => await nodes.All[1].Log.ReadHeadAsync(shown: default, Stopping));

        // It is not stormed by nodes that try again.
        Assert.InRange(await nodes.Server.ConnectionsAsync() - connections, 1, 200);
        await nodes.Server.ExecuteAsync("CONFIG", "SET", parameter, takes);
        await nodes.ConvergeAsync();
        NobodyStartedAgain(nodes);
        Assert.All(nodes.All, n => Assert.Null(n.Log.SilentSince));
    }

    [Fact]
    public async Task G11_what_cannot_be_brought_into_the_log_makes_its_node_silent_though_it_hears_the_others()
    {
        var nodes = await StartAsync(count: 2);
        await nodes.ConvergeAsync();
        await nodes.Server.ExecuteAsync("ACL", "SETUSER", "default", "-xadd");
        nodes.All[0].Append(1);
        await Until.TrueAsync(() => nodes.All[0].Log.SilentSince is not null, () => "It is heard.");
        Assert.Null(nodes.All[1].Log.SilentSince);
        await nodes.Server.ExecuteAsync("ACL", "SETUSER", "default", "+xadd");
        await nodes.ConvergeAsync();
        NobodyStartedAgain(nodes);
    }

    /// <summary>Redis is there and slow, or a node saves faster than it takes.</summary>
    [Fact]
    public async Task Rule_13_more_than_may_wait_while_Redis_is_there_makes_the_readers_of_all_nodes_start_again()
    {
        var nodes = await StartAsync(configure: o => o.MaxQueuedChangesets = 10);
        await nodes.ConvergeAsync();
        nodes.All[0].Append(2_000);
        await nodes.ConvergeAsync();
        EverybodyStartedAgain(nodes);
        var later = nodes.All[0].Append(1)[0];
        await SeenByAllAsync(nodes, later);
    }

    [Fact]
    public async Task A_transaction_that_is_too_large_to_be_sent_around_does_not_fill_what_may_wait()
    {
        var nodes = await StartAsync(configure: o => o.CommandTimeout = TimeSpan.FromSeconds(5));
        await nodes.ConvergeAsync();
        var rows = Enumerable.Range(1, 20_000).Select(k => Samples.Book(k, new('x', 500))).ToArray();
        var large = Enumerable.Range(0, 3).Select(_ => nodes.All[0].Append(Samples.Changeset(rows))).ToList();
        Assert.True(large[0].SizeBytes > 16 << 20);
        await nodes.ConvergeAsync();
        NobodyStartedAgain(nodes);
        var entries = nodes.All[1].Entries.Where(e => large.Exists(c => c.Id == e.Changeset.Id)).ToList();
        Assert.Equal(3, entries.Count);
        Assert.All(entries, e => Assert.Equal((0, 1), (e.Changeset.Changes.Length, e.Changeset.Invalidations.Length)));
    }

    [Fact]
    public async Task What_was_appended_while_Redis_was_away_comes_afterwards_in_its_order()
    {
        var nodes = await StartAsync();
        nodes.Lines[0].Cut();
        var before = nodes.All[0].Append(500);
        await nodes.ConvergeOthersAsync(0);
        Assert.DoesNotContain(before, nodes.All[1].HasSeen);
        nodes.Lines[0].Mend();
        await nodes.ConvergeAsync();
        NobodyStartedAgain(nodes);
        var ids = before.Select(c => c.Id).ToHashSet();
        Assert.All(nodes.All, n => Assert.Equal(before.Select(c => c.Id), n.Entries.Select(e => e.Changeset.Id).Where(ids.Contains)));
    }

    [Fact]
    public async Task A_node_whose_line_stalls_without_an_end_goes_on_by_another_connection()
    {
        var nodes = await StartAsync();
        await nodes.WhileAppendingAsync(async () =>
        {
            nodes.Lines[0].Stall();
            await Task.Delay(TimeSpan.FromSeconds(2), Stopping);
            nodes.Lines[0].Mend();
        });
        await nodes.ConvergeAsync();
        NobodyStartedAgain(nodes);
    }

    [Theory]
    [InlineData("normal")]
    [InlineData("pubsub")]
    public async Task Connections_of_one_kind_that_are_killed_cost_nothing(string type)
    {
        var nodes = await StartAsync();
        long killed = 0;
        await nodes.WhileAppendingAsync(async () =>
        {
            for (var i = 0; i < 10; i++)
            {
                killed += await nodes.Server.KillClientsAsync(type);
                await Task.Delay(100, Stopping);
            }
        });
        Assert.True(killed >= 3, $"{killed} were killed");
        await nodes.ConvergeAsync();
        NobodyStartedAgain(nodes);
    }

    [Fact]
    public async Task What_is_published_while_a_node_does_not_listen_is_read_from_the_log_though_nothing_comes_after_it()
    {
        var nodes = await StartAsync(2);
        for (var i = 0; i < 10; i++)
        {
            await nodes.Server.KillClientsAsync("pubsub");
            await SeenByAllAsync(nodes, nodes.All[i % 2].Append(1)[0]);
        }

        NobodyStartedAgain(nodes);
    }

    [Fact]
    public async Task Rule_15_an_append_whose_answer_is_lost_is_tried_again_and_shows_once()
    {
        var nodes = await StartAsync(2);
        await nodes.ConvergeAsync();
        for (var i = 0; i < 3; i++)
        {
            nodes.Lines[0].Mute();
            var appended = nodes.All[0].Append(20);
            await Until.TrueAsync(() => nodes.All[1].HasSeen(appended[0]), () => string.Join('\n', nodes.All));
            nodes.Lines[0].Mend();
            await nodes.ConvergeAsync();
        }

        NobodyStartedAgain(nodes);
        Assert.Equal(nodes.All[1].Entries.Count, nodes.All[1].Entries.Select(e => e.Changeset.Id).Distinct().Count());
    }

    [Theory]
    [InlineData(100, long.MaxValue)]
    [InlineData(int.MaxValue, 100_000)]
    public async Task Rule_13_more_than_may_wait_while_Redis_is_away_makes_the_readers_of_all_nodes_start_again(int count, long bytes)
    {
        var nodes = await StartAsync(configure: o => (o.MaxQueuedChangesets, o.MaxQueuedBytes) = (count, bytes));
        await nodes.ConvergeAsync();
        nodes.Lines[0].Cut();
        for (var i = 0; i < 300; i++)
        {
            nodes.All[0].Append(Samples.Changeset(Samples.Book(1, new('x', 1_000))));
        }

        await nodes.ConvergeOthersAsync(0);
        Assert.Empty(nodes.All[1].Resets);
        nodes.Lines[0].Mend();
        await nodes.ConvergeAsync();
        EverybodyStartedAgain(nodes);
    }

    [Fact]
    public async Task Rule_13_what_was_given_up_is_made_good_though_the_first_try_of_that_fails()
    {
        var nodes = await StartAsync(2, configure: o => o.MaxQueuedChangesets = 5);
        await nodes.ConvergeAsync();
        nodes.Lines[0].Cut();
        nodes.Lines[1].Cut();
        await Until.TrueAsync(() => nodes.All.All(n => !n.Log.WaitUntilHeardAsync(default).IsCompleted), () => "They still hear Redis.");
        nodes.All[0].Append(10);

        // Whoever finds it may read, and not write.
        await nodes.Server.ExecuteAsync("CONFIG", "SET", "min-replicas-to-write", "1");
        await nodes.Server.ResetCountsAsync();
        nodes.Lines[0].Mend();
        await Until.TrueAsync(async () => (await nodes.Server.CallsAsync()).GetValueOrDefault("subscribe") > 4, () => "It does not try again.");
        await nodes.Server.ExecuteAsync("CONFIG", "SET", "min-replicas-to-write", "0");
        nodes.Lines[1].Mend();
        await nodes.ConvergeAsync();
        EverybodyStartedAgain(nodes);
    }

    [Fact]
    public async Task What_may_wait_while_Redis_is_away_waits()
    {
        var nodes = await StartAsync(configure: o => o.MaxQueuedChangesets = 100);
        await nodes.ConvergeAsync();
        nodes.Lines[0].Cut();
        await Task.Delay(200, Stopping);
        nodes.All[0].Append(100);
        nodes.Lines[0].Mend();
        await nodes.ConvergeAsync();
        NobodyStartedAgain(nodes);
    }
}
