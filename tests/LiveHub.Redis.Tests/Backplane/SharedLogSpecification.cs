using LiveHub.Backplane;
using LiveHub.Tests.Backplane;
using LiveHub.Tests.Infrastructure;

namespace LiveHub.Redis.Tests.Backplane;

/// <summary>What a log keeps that several nodes share: each call of <see cref="BackplaneSpecification.NodeAsync"/> makes another one.</summary>
public abstract class SharedLogSpecification : BackplaneSpecification
{
    [Fact]
    public async Task Rule_13_all_nodes_read_the_same_order_with_the_same_tags_and_everything_once()
    {
        var nodes = await NodesAsync(3);
        await Task.WhenAll(nodes.SelectMany(n => new[] { n, n }).Select(n => Task.Run(() => n.Append(300), Stopping)));
        await LogNode.ConvergeAsync(nodes);
        Assert.All(nodes, n => Assert.Empty(n.Resets));
        Assert.Equal(Enumerable.Range(1, 1_803).Select(o => (long)o), nodes[0].Entries.Select(e => e.Position.Offset));
        Assert.All(nodes, n => Assert.Equal(nodes[0].Entries.Select(e => (e.Position, e.Changeset.Id)), n.Entries.Select(e => (e.Position, e.Changeset.Id))));
    }

    [Fact]
    public async Task What_a_node_appends_stays_in_its_order_on_every_other()
    {
        var nodes = await NodesAsync(2);
        var appended = await Task.WhenAll(nodes.Select(n => Task.Run(() => n.Append(1_000), Stopping)));
        await LogNode.ConvergeAsync(nodes);
        foreach (var node in nodes)
        {
            Assert.All(appended, mine => Assert.Equal(mine.Select(c => c.Id), node.Entries.Select(e => e.Changeset.Id).Where(mine.Select(c => c.Id).ToHashSet().Contains)));
        }
    }

    [Fact]
    public async Task A_node_that_comes_later_reads_what_was_before()
    {
        var first = await NodeAsync();
        var appended = await AppendAsync(first, 100);
        var later = await NodeAsync();
        Assert.Equal(first.Epoch, later.Epoch);
        Assert.Equal(appended.Select(c => c.Id), (await TakeAsync(later, 0, 100)).Select(e => e.Changeset.Id));
        Assert.Equal(await first.ReadHeadAsync(Stopping), await later.ReadHeadAsync(Stopping));
    }

    [Fact]
    public async Task The_head_on_any_node_is_past_what_is_in_the_log()
    {
        var (first, second) = (await NodeAsync(), await NodeAsync());
        for (var i = 1; i <= 100; i++)
        {
            await AppendAsync(i % 2 == 0 ? first : second, 1);
            Assert.Equal(i, (await (i % 2 == 0 ? second : first).ReadHeadAsync(Stopping)).Offset);
        }
    }

    [Fact]
    public async Task A_range_is_the_same_on_every_node_up_to_the_head_that_any_has_read()
    {
        var (first, second) = (await NodeAsync(), await NodeAsync());
        for (var i = 1; i <= 20; i++)
        {
            await AppendAsync(first, 10);
            var range = (await second.ReadRangeAsync(i * 5, i * 10, Stopping))!;
            Assert.Equal((await first.ReadRangeAsync(i * 5, i * 10, Stopping))!.Select(e => (e.Position, e.Changeset.Id)), range.Select(e => (e.Position, e.Changeset.Id)));
        }
    }

    [Fact]
    public async Task Changesets_come_out_on_another_node_as_they_went_in()
    {
        var (first, second) = (await NodeAsync(), await NodeAsync());
        var samples = Samples.All();
        var reading = TakeAsync(second, 0, samples.Count);
        samples.ForEach(first.Append);
        Assert.Equal(samples.Select(Samples.Text), (await reading).Select(e => Samples.Text(e.Changeset)));

        // From the log itself, too, not only as they came.
        var third = await NodeAsync();
        Assert.Equal(samples.Select(Samples.Text), (await TakeAsync(third, 0, samples.Count)).Select(e => Samples.Text(e.Changeset)));
    }

    [Fact]
    public async Task Rule_13_what_was_trimmed_is_trimmed_for_every_node()
    {
        Retention = new() { Count = 5 };
        var (first, second) = (await NodeAsync(), await NodeAsync());
        await AppendAsync(first, 20);
        await Until.TrueAsync(() => second.Head.Offset == 20, () => $"The second node is at {second.Head}.");
        Assert.Null(await second.ReadRangeAsync(14, 20, Stopping));
        await Assert.ThrowsAsync<LogTrimmedException>(() => TakeAsync(second, 14, 1));
        Assert.Equal(5, (await TakeAsync(second, 15, 5)).Count);
    }

    [Fact]
    public async Task Rule_15_a_changeset_that_is_appended_again_shows_once()
    {
        var (first, second) = (await NodeAsync(), await NodeAsync());
        var changeset = Changeset();
        first.Append(changeset);
        first.Append(changeset);
        await first.ReadHeadAsync(Stopping);
        second.Append(changeset);
        await AppendAsync(second, 1);
        first.Append(changeset);
        await AppendAsync(first, 1);
        Assert.Equal(3, (await second.ReadHeadAsync(Stopping)).Offset);
        Assert.Equal(changeset.Id, (await TakeAsync(second, 0, 3))[0].Changeset.Id);
    }

    [Fact]
    public async Task Rule_15_a_changeset_that_is_appended_again_on_many_nodes_at_once_shows_once()
    {
        var nodes = await NodesAsync(3);
        var changesets = Enumerable.Range(0, 100).Select(_ => Changeset()).ToList();
        await Task.WhenAll(nodes.Select(n => Task.Run(() => changesets.ForEach(n.Log.Append), Stopping)));
        foreach (var node in nodes)
        {
            Assert.Equal(100, (await node.Log.ReadHeadAsync(Stopping)).Offset);
            Assert.Equal(changesets.Select(c => c.Id.Value).Order(), (await TakeAsync(node.Log, 0, 100)).Select(e => e.Changeset.Id.Value).Order());
        }
    }

    [Fact]
    public async Task Rule_8_an_epoch_that_one_node_begins_is_every_node_s()
    {
        var nodes = await NodesAsync(3);
        nodes[1].Append(10);
        await LogNode.ConvergeAsync(nodes);
        var (epoch, head) = (nodes[0].Log.Epoch, await nodes[0].Log.ReadHeadAsync(Stopping));
        nodes[0].Log.BeginEpoch();
        await LogNode.ConvergeAsync(nodes);
        Assert.All(nodes, n => Assert.NotEqual(epoch, n.Log.Epoch));
        Assert.All(nodes, n => Assert.Single(n.Resets));
        Assert.All(nodes, n => Assert.True(n.Entries[0].Position.Offset > head.Offset));
        await Assert.ThrowsAsync<LogTrimmedException>(() => TakeAsync(nodes[2].Log, head.Offset, 1));
    }

    /// <param name="history">What it calls its history then: another one, or the same, at an earlier place.</param>
    [Theory]
    [InlineData("second")]
    [InlineData("first")]
    public async Task Rule_8_a_database_that_every_node_finds_to_be_another_begins_one_epoch(string history)
    {
        var nodes = await NodesAsync(3);
        var seen = new DatabaseHistory("Shop", "first", 1_000);
        nodes[0].Log.Observe(seen, isAnother: false);
        nodes[1].Append(5);
        await LogNode.ConvergeAsync(nodes);
        await Until.TrueAsync(() => nodes.All(n => n.Log.HistoryOf("Shop") is not null), () => "They don't know it.");
        var (epoch, known) = (nodes[0].Log.Epoch, nodes[0].Log.HistoryOf("Shop")!);
        Assert.Equal(("first", 1_000L), (known.History, known.Version));
        Assert.All(nodes, n => n.Log.Observe(known with { History = history, Version = 500 }, isAnother: true));
        await LogNode.ConvergeAsync(nodes);
        Assert.All(nodes, n => Assert.NotEqual(epoch, n.Log.Epoch));
        Assert.All(nodes, n => Assert.Single(n.Resets));
        var now = nodes[0].Log.HistoryOf("Shop")!;
        Assert.Equal((history, 500L), (now.History, now.Version));
        Assert.NotEqual(known.Lineage, now.Lineage);

        // Who sees it once more sees what the log is of.
        nodes[1].Log.Observe(now with { Version = 501 }, isAnother: false);
        await LogNode.ConvergeAsync(nodes);
        Assert.All(nodes, n => Assert.Single(n.Resets));
    }

    [Fact]
    public async Task Rule_8_a_node_that_comes_alone_and_sees_another_history_than_the_log_is_of_begins_an_epoch()
    {
        var nodes = await NodesAsync(2);
        nodes[0].Log.Observe(new("Shop", "first", 1_000), isAnother: false);
        nodes[0].Append(3);
        await LogNode.ConvergeAsync(nodes);
        await ((IAsyncDisposable)nodes[0].Log).DisposeAsync();
        nodes[1].Log.Observe(new("Shop", "second", 2_000), isAnother: false);
        await LogNode.ConvergeAsync([nodes[1]]);
        Assert.Single(nodes[1].Resets);
        nodes[1].Log.Observe(new("Another", "first", 1), isAnother: false);
        await LogNode.ConvergeAsync([nodes[1]]);
        Assert.Single(nodes[1].Resets);
    }

    [Fact]
    public async Task Rule_8_nodes_that_come_at_once_after_a_restore_begin_one_epoch_and_don_t_keep_each_other_out()
    {
        var nodes = await NodesAsync(3);
        nodes[2].Log.Observe(new("Shop", "first", 1_000), isAnother: false);
        await LogNode.ConvergeAsync(nodes);
        await ((IAsyncDisposable)nodes[2].Log).DisposeAsync();
        var come = nodes.Take(2).ToList();
        await Until.TrueAsync(() => come.All(n => n.Log.HistoryOf("Shop") is not null), () => "They don't know it.");
        Assert.All(come, n => n.Log.Observe(n.Log.HistoryOf("Shop")! with { History = "second", Version = 2_000 }, isAnother: true));
        await LogNode.ConvergeAsync(come);
        Assert.All(come, n => Assert.Single(n.Resets));
        Assert.All(come, n => Assert.Equal("second", n.Log.HistoryOf("Shop")!.History));
    }

    [Fact]
    public async Task G2_a_node_that_comes_to_others_of_another_database_brings_nothing_into_their_log_until_they_are_on_it_too()
    {
        var nodes = await NodesAsync(3);
        var others = nodes.Take(2).ToList();
        Assert.All(others, n => n.Log.Observe(new("Shop", "first", 1_000), isAnother: false));
        await LogNode.ConvergeAsync(others);
        var asked = others.Select(n => n.Log.WaitUntilAskedAsync(Stopping)).ToList();
        await Until.TrueAsync(() => nodes[2].Log.HistoryOf("Shop") is not null, () => "It does not know it.");
        var second = nodes[2].Log.HistoryOf("Shop")! with { History = "second", Version = 2_000 };
        nodes[2].Log.Observe(second, isAnother: true);
        var own = nodes[2].Append(3);
        await Task.WhenAll(asked);
        await Until.TrueAsync(() => nodes[2].Log.SilentSince is not null, () => "It is heard.");
        var fault = await Assert.ThrowsAsync<ForeignLogException>(async () => await nodes[2].Log.ReadHeadAsync(shown: default, Stopping));
        Assert.Contains("Prefix", fault.Message, StringComparison.Ordinal);
        await LogNode.ConvergeAsync(others);
        Assert.All(others, n => Assert.DoesNotContain(own, n.HasSeen));
        Assert.All(nodes, n => Assert.Empty(n.Resets));

        // It was a restore, after all: one of those who were there has found out.
        nodes[0].Log.Observe(second, isAnother: true);
        nodes[1].Log.Observe(second, isAnother: true);
        await LogNode.ConvergeAsync(nodes);
        Assert.All(nodes, n => Assert.Single(n.Resets));
        Assert.Null(nodes[2].Log.SilentSince);
    }

    [Fact]
    public async Task Rule_7_every_entry_says_how_far_the_versions_of_its_database_had_come_before_it_though_the_log_no_longer_tells()
    {
        Retention = new() { Count = 2 };
        var log = await NodeAsync();
        foreach (var version in (long[])[10, 30, 20, 40])
        {
            log.Append(Samples.Changeset(version));
        }

        await log.ReadHeadAsync(Stopping);
        var later = await NodeAsync();
        Assert.Equal([30L, 30L], (await TakeAsync(later, 2, 2)).Select(e => e.VersionBefore));
        Assert.Equal([20L, 40L], (await TakeAsync(later, 2, 2)).Select(e => e.Changeset.Changes[0].Version));

        // Versions go on in another epoch of the same database.
        log.BeginEpoch();
        await log.ReadHeadAsync(Stopping);
        log.Append(Samples.Changeset(35));
        var head = await log.ReadHeadAsync(Stopping);
        Assert.Equal(40L, Assert.Single(await TakeAsync(log, head.Offset - 1, 1)).VersionBefore);
    }

    [Fact]
    public async Task Rule_8_what_others_append_while_an_epoch_begins_is_not_lost()
    {
        var nodes = await NodesAsync(3);
        using var enough = new CancellationTokenSource();
        var writers = nodes.Select(n => Task.Run(
            async () =>
            {
                while (!enough.IsCancellationRequested)
                {
                    n.Append(5);
                    await Task.Delay(1, Stopping);
                }
            },
            Stopping)).ToList();
        for (var i = 0; i < 5; i++)
        {
            var epoch = nodes[i % 3].Log.Epoch;
            nodes[i % 3].Log.BeginEpoch();
            await Until.TrueAsync(() => nodes.All(n => n.Log.Epoch != epoch && n.Resets.Count > i), () => string.Join('\n', nodes));
        }

        await enough.CancelAsync();
        await Task.WhenAll(writers);
        await LogNode.ConvergeAsync(nodes);
    }

    [Fact]
    public async Task Rule_8_nodes_that_begin_an_epoch_at_once_end_in_one()
    {
        var nodes = await NodesAsync(3);
        for (var i = 0; i < 5; i++)
        {
            await Task.WhenAll(nodes.Select(n => Task.Run(
                () =>
                {
                    n.Append(5);
                    n.Log.BeginEpoch();
                    n.Append(5);
                },
                Stopping)));
        }

        // Each has said all that it had to say.
        await Task.WhenAll(nodes.Select(n => n.Log.ReadHeadAsync(Stopping).AsTask()));
        await LogNode.ConvergeAsync(nodes);
    }

    [Fact]
    public async Task A_node_that_comes_while_others_append_misses_nothing_after_its_head()
    {
        var first = new LogNode(await NodeAsync(), Stopping);
        var nodes = new List<LogNode> { first };
        for (var i = 0; i < 5; i++)
        {
            first.Append(100);
            var log = await NodeAsync();
            var head = await log.ReadHeadAsync(Stopping);
            first.Append(100);
            nodes.Add(new(log, Stopping, head.Offset));
            first.Append(100);
        }

        var last = first.Append(1)[0];
        await Until.TrueAsync(() => nodes.TrueForAll(n => n.HasSeen(last)), () => string.Join('\n', nodes));
        Assert.All(nodes, n => Assert.Equal(first.Entries.TakeLast(n.Entries.Count).Select(e => e.Position), n.Entries.Select(e => e.Position)));
        Assert.Equal(1_501, first.Entries.Count);
    }

    private protected async Task<IReadOnlyList<LogNode>> NodesAsync(int count)
    {
        var nodes = new List<LogNode>();
        for (var i = 0; i < count; i++)
        {
            nodes.Add(new(await NodeAsync(), Stopping));
        }

        return nodes;
    }
}
