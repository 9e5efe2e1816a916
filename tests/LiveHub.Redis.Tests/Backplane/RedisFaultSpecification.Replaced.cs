using LiveHub.Redis.Tests.Infrastructure;
using LiveHub.Tests.Backplane;
using LiveHub.Tests.Infrastructure;
using LiveHub.Tests.Model;

namespace LiveHub.Redis.Tests.Backplane;

/// <summary>Redis comes back with another log (rule 14).</summary>
public abstract partial class RedisFaultSpecification
{
    [Fact]
    public async Task Rule_14_a_server_that_comes_back_empty_makes_everybody_start_again()
    {
        var nodes = await StartAsync();
        await nodes.ConvergeAsync();
        var epoch = nodes.All[0].Log.Epoch;
        await nodes.WhileAppendingAsync(async () =>
        {
            await nodes.Server.KillAsync();
            await Task.Delay(200, Stopping);
            await nodes.Server.RestartAsync(isEmpty: true);
        });
        await nodes.ConvergeAsync();
        EverybodyStartedAgain(nodes);
        Assert.NotEqual(epoch, nodes.All[0].Log.Epoch);
    }

    [Fact]
    public async Task Rule_14_a_server_that_comes_back_empty_is_noticed_though_nobody_appends()
    {
        var nodes = await StartAsync();
        nodes.All[0].Append(10);
        await nodes.ConvergeAsync();
        await nodes.Server.RestartAsync(isEmpty: true);
        await Until.TrueAsync(() => nodes.All.All(n => n.Resets.Count > 0), () => string.Join('\n', nodes.All), TimeSpan.FromSeconds(60));
        await nodes.ConvergeAsync();
    }

    [Fact]
    public async Task Rule_14_a_log_that_is_flushed_makes_everybody_start_again()
    {
        var nodes = await StartAsync();
        await nodes.WhileAppendingAsync(() => nodes.Server.ExecuteAsync("FLUSHALL"));
        await nodes.ConvergeAsync();
        EverybodyStartedAgain(nodes);
    }

    [Fact]
    public async Task Rule_14_a_log_that_is_flushed_is_noticed_though_nobody_appends()
    {
        var nodes = await StartAsync();
        nodes.All[0].Append(10);
        await nodes.ConvergeAsync();
        await nodes.Server.ExecuteAsync("FLUSHALL");
        await Until.TrueAsync(() => nodes.All.All(n => n.Resets.Count > 0), () => string.Join('\n', nodes.All), TimeSpan.FromSeconds(60));
        await nodes.ConvergeAsync();
    }

    [Fact]
    public async Task Rule_14_who_was_away_while_the_log_was_replaced_and_filled_again_starts_again_though_offsets_fit()
    {
        var nodes = await StartAsync();
        nodes.All[1].Append(20);
        await nodes.ConvergeAsync();
        nodes.Lines[0].Cut();
        await nodes.Server.RestartAsync(isEmpty: true);
        await nodes.ConvergeOthersAsync(0);
        nodes.All[1].Append(100);
        await nodes.ConvergeOthersAsync(0);
        Assert.Empty(nodes.All[0].Resets);
        nodes.Lines[0].Mend();
        await nodes.ConvergeAsync();
        EverybodyStartedAgain(nodes);
    }

    [Theory]
    [InlineData("999999999-0", "e", "x")]
    [InlineData("999999999-0", "e", "a frame that is as long as one has to be, and says nothing that makes sense")]
    [InlineData("999999999-5", "name", "value")]
    public async Task Rule_14_what_somebody_else_writes_into_the_stream_makes_everybody_start_again_and_stops_nothing(string id, string field, string value)
    {
        var nodes = await StartAsync();
        nodes.All[0].Append(3);
        await nodes.ConvergeAsync();
        await nodes.Server.ExecuteAsync("XADD", "{livehub}:log", id, field, value);
        nodes.All[1].Append(3);
        await nodes.ConvergeAsync();
        EverybodyStartedAgain(nodes);
    }

    /// <param name="count">What it has saved meanwhile.</param>
    [Theory]
    [InlineData(3)]
    [InlineData(0)]
    [InlineData(12)]
    public async Task G2_who_comes_back_to_a_log_that_was_begun_on_another_database_meanwhile_brings_nothing_into_it_until_it_is_on_it_too(int count)
    {
        var nodes = await StartAsync(count: 1, configure: o => o.MaxQueuedChangesets = 10);
        nodes.All[0].Log.Observe(new("Shop", "first", 1_000), isAnother: false);
        await nodes.ConvergeAsync();
        nodes.Lines[0].Cut();
        await nodes.Server.ExecuteAsync("FLUSHALL");
        await nodes.AddAsync(1);
        nodes.All[1].Log.Observe(new("Shop", "second", 2_000), isAnother: false);
        nodes.All[1].Append(30);
        await nodes.ConvergeOthersAsync(0);
        var epoch = nodes.All[1].Log.Epoch;
        var kept = nodes.All[0].Append(count);
        nodes.Lines[0].Mend();
        await nodes.All[0].Log.WaitUntilAskedAsync(Stopping);
        await Until.TrueAsync(() => nodes.All[0].Log.SilentSince is not null, () => "It is heard.");
        await nodes.ConvergeOthersAsync(0);
        Assert.DoesNotContain(kept, nodes.All[1].HasSeen);
        Assert.Equal(epoch, nodes.All[1].Log.Epoch);

        // Nor is anybody welcome to what is in it, whether something waits here or not.
        await Assert.ThrowsAsync<ForeignLogException>(async () => await nodes.All[0].Log.ReadHeadAsync(shown: default, Stopping));

        nodes.All[0].Log.Observe(nodes.All[1].Log.HistoryOf("Shop")!, isAnother: false);
        await nodes.ConvergeAsync();
        Assert.Null(nodes.All[0].Log.SilentSince);
    }

    /// <summary>Nothing was in it when this one saw it last, and what came since is gone with it.</summary>
    [Fact]
    public async Task Rule_14_who_stands_at_the_beginning_of_a_log_that_was_lost_starts_again()
    {
        var nodes = await StartAsync(2);
        nodes.Lines[1].Cut();
        await Until.TrueAsync(() => !nodes.All[1].Log.WaitUntilHeardAsync(default).IsCompleted, () => "It still hears Redis.");
        nodes.All[0].Append(3);
        await nodes.ConvergeOthersAsync(1);
        await ((IAsyncDisposable)nodes.All[0].Log).DisposeAsync();
        await nodes.Server.RestartAsync(isEmpty: true);
        nodes.Lines[1].Mend();
        await Until.TrueAsync(() => nodes.All[1].Resets.Count > 0, () => nodes.All[1].ToString());
        await nodes.ConvergeOthersAsync(0);
    }

    [Fact]
    public async Task Rule_14_what_somebody_else_has_written_keeps_nobody_out_though_nobody_appends()
    {
        var nodes = await StartAsync(2);
        nodes.All[0].Append(3);
        await nodes.ConvergeAsync();
        await nodes.Server.ExecuteAsync("XADD", "{livehub}:log", "999999999-0", "e", "a frame that is as long as one has to be, and says nothing that makes sense");
        nodes.Lines[0].Drop();
        nodes.Lines[1].Drop();
        await Until.TrueAsync(() => nodes.All.All(n => n.Resets.Count > 0), () => string.Join('\n', nodes.All));
        await nodes.ConvergeAsync();
    }

    [Fact]
    public async Task Rule_13_who_reads_the_log_more_slowly_than_it_is_trimmed_starts_again_alone()
    {
        var nodes = await StartAsync(2, configure: o => o.CommandTimeout = TimeSpan.FromSeconds(5));
        await nodes.ConvergeAsync();
        nodes.Lines[1].Cut();
        nodes.All[0].Append(3_000);
        await nodes.ConvergeOthersAsync(1);
        nodes.Retention = new() { Count = 5 };
        var trimming = await nodes.LogAsync();
        nodes.Lines[1].Delay = TimeSpan.FromMilliseconds(50);
        var before = nodes.All[1].Log.Head.Offset;
        nodes.Lines[1].Mend();
        await Until.TrueAsync(() => nodes.All[1].Log.Head.Offset > before, () => "It does not catch up.");
        trimming.Append(Samples.Changeset(Samples.Book(1, "x")));
        await nodes.ConvergeAsync();
        Assert.Empty(nodes.All[0].Resets);
        Assert.NotEmpty(nodes.All[1].Resets);
    }

    [Fact]
    public async Task Rule_14_a_stream_that_is_evicted_makes_nobody_wait()
    {
        var nodes = await StartAsync();
        nodes.All[0].Append(3);
        await nodes.ConvergeAsync();
        nodes.Lines[2].Cut();
        nodes.All[0].Append(3);
        await nodes.ConvergeOthersAsync(2);
        await nodes.Server.ExecuteAsync("DEL", "{livehub}:log");
        nodes.Lines[2].Mend();
        await nodes.ConvergeAsync();
        EverybodyStartedAgain(nodes);
    }

    [Fact]
    public async Task Rule_22_a_log_of_a_later_release_is_left_alone_and_said_to_be()
    {
        var nodes = await StartAsync(count: 1);
        nodes.All[0].Append(3);
        await nodes.ConvergeAsync();
        await nodes.Server.ExecuteAsync("HSET", "{livehub}:state", "format", "2");
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => nodes.LogAsync());
        Assert.Contains("of a later release of LiveHub", fault.Message, StringComparison.Ordinal);
        NobodyStartedAgain(nodes);
    }

    /// <param name="more">What is appended on the promoted replica: fewer than were lost, as many, more.</param>
    [Theory]
    [InlineData(5)]
    [InlineData(10)]
    [InlineData(50)]
    public async Task Rule_14_a_replica_that_was_promoted_behind_its_master_and_uses_offsets_again_makes_everybody_start_again(int more)
    {
        var nodes = await StartAsync();
        var way = Keep(new Line(nodes.Server.Port, isRaw: true));
        nodes.All[0].Append(20);
        await nodes.ConvergeAsync();
        var replica = Keep(await nodes.Server.ReplicaAsync(way.Port));
        way.Cut();
        nodes.All[1].Append(10);
        await nodes.ConvergeAsync();
        NobodyStartedAgain(nodes);

        // One of them does not get there before the offsets that it knows are other entries'.
        nodes.Lines[2].Cut();
        await nodes.Server.KillAsync();
        await replica.PromoteAsync();
        nodes.Lines[0].LeadTo(replica.Port);
        nodes.Lines[1].LeadTo(replica.Port);
        nodes.All[0].Append(more);
        await nodes.ConvergeOthersAsync(2);
        nodes.Lines[2].LeadTo(replica.Port);
        nodes.Lines[2].Mend();
        await nodes.ConvergeAsync();
        EverybodyStartedAgain(nodes);
    }

    /// <param name="more">What is appended on the promoted replica by who stood behind like it: fewer than were lost, as many, more.</param>
    [Theory]
    [InlineData(5)]
    [InlineData(11)]
    [InlineData(50)]
    public async Task Rule_14_who_comes_back_to_a_replica_that_was_filled_by_somebody_who_stood_behind_like_it_starts_again(int more)
    {
        var nodes = await StartAsync();
        nodes.All[0].Append(20);
        await nodes.ConvergeAsync();
        var replica = Keep(await nodes.Server.ReplicaAsync());
        await replica.CatchUpAsync(nodes.Server);
        await replica.PromoteAsync();
        nodes.Lines[2].Cut();
        nodes.All[1].Append(10);
        await nodes.ConvergeOthersAsync(2);
        nodes.Lines[0].Cut();
        nodes.Lines[1].Cut();
        await nodes.Server.KillAsync();

        // To this one, it is the log that it knows: nothing tells that there were others' entries at its offsets but the entries themselves.
        nodes.Lines[2].LeadTo(replica.Port);
        nodes.Lines[2].Mend();
        nodes.All[2].Append(more);
        await nodes.ConvergeOthersAsync(0, 1);
        NobodyStartedAgain(nodes);
        foreach (var line in nodes.Lines.Take(2))
        {
            line.LeadTo(replica.Port);
            line.Mend();
        }

        await nodes.ConvergeAsync();
        EverybodyStartedAgain(nodes);
    }

    [Fact]
    public async Task Rule_14_a_replica_that_held_everything_when_it_was_promoted_costs_nothing()
    {
        var nodes = await StartAsync();
        nodes.All[0].Append(20);
        await nodes.ConvergeAsync();
        var replica = Keep(await nodes.Server.ReplicaAsync());
        foreach (var line in nodes.Lines)
        {
            line.Cut();
        }

        await replica.CatchUpAsync(nodes.Server);
        await replica.PromoteAsync();
        await nodes.Server.KillAsync();
        nodes.All[0].Append(20);
        foreach (var line in nodes.Lines)
        {
            line.LeadTo(replica.Port);
            line.Mend();
        }

        await nodes.ConvergeAsync();
        NobodyStartedAgain(nodes);
    }

    [Fact]
    public async Task Rule_8_what_was_saved_before_the_database_became_another_and_comes_after_that_is_read_again()
    {
        var nodes = await StartAsync(2);
        nodes.All[0].Log.Observe(new("Shop", "first", 1_000), isAnother: false);
        await nodes.ConvergeAsync();
        nodes.Lines[0].Cut();
        await Until.TrueAsync(() => !nodes.All[0].Log.WaitUntilHeardAsync(default).IsCompleted, () => "It still hears Redis.");
        var before = nodes.All[0].Append(1)[0];
        nodes.All[1].Log.Observe(new("Shop", "second", 500), isAnother: true);
        await Until.TrueAsync(() => nodes.All[1].Resets.Count > 0, () => nodes.All[1].ToString());
        nodes.Lines[0].Mend();

        // It looks at its database again.
        await nodes.All[0].Log.WaitUntilAskedAsync(Stopping);
        nodes.All[0].Log.Observe(new("Shop", "second", 501), isAnother: true);
        await nodes.ConvergeAsync();
        EverybodyStartedAgain(nodes);
        var after = nodes.All[0].Append(1)[0];
        await SeenByAllAsync(nodes, after);
        foreach (var log in nodes.All.Select(n => n.Log))
        {
            var entries = (await log.ReadRangeAsync(log.Begin.Offset, log.Head.Offset, Stopping))!;
            var doubted = Assert.Single(entries, e => e.Changeset.Id == before.Id).Changeset;
            Assert.Empty(doubted.Changes);
            Assert.Equal(Catalog.Book, Assert.Single(doubted.Invalidations).Entity);
            Assert.Equal(after.Changes.Length, Assert.Single(entries, e => e.Changeset.Id == after.Id).Changeset.Changes.Length);
        }
    }
}
