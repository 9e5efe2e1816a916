using LiveHub.Redis.Tests.Infrastructure;
using LiveHub.Tests.Backplane;
using LiveHub.Tests.Infrastructure;

namespace LiveHub.Redis.Tests.Backplane;

/// <summary>What is published comes late, in disorder, twice or never: the stream is the truth (rule 13).</summary>
public abstract partial class RedisFaultSpecification
{
    [Fact]
    public async Task A_slow_line_costs_nothing()
    {
        var nodes = await StartAsync();
        nodes.Lines[0].Delay = TimeSpan.FromMilliseconds(50);
        await nodes.WhileAppendingAsync(() => Task.Delay(500, Stopping));
        await nodes.ConvergeAsync();
        NobodyStartedAgain(nodes);
    }

    [Fact]
    public async Task Deliveries_in_disorder_are_put_in_order()
    {
        var nodes = await StartAsync();
        foreach (var line in nodes.Lines)
        {
            line.IsShuffled = true;
        }

        await nodes.WhileAppendingAsync(() => Task.Delay(1_000, Stopping));
        await nodes.ConvergeAsync();
        NobodyStartedAgain(nodes);
        Assert.All(nodes.Lines, line => Assert.NotEqual(0, line.Shuffled));
    }

    [Fact]
    public async Task Deliveries_that_are_lost_are_read_from_the_log()
    {
        var nodes = await StartAsync();
        foreach (var line in nodes.Lines)
        {
            line.Loss = 0.3;
        }

        await nodes.WhileAppendingAsync(() => Task.Delay(1_000, Stopping));
        await nodes.ConvergeAsync();
        NobodyStartedAgain(nodes);
        Assert.All(nodes.Lines, line => Assert.NotEqual(0, line.Dropped));
    }

    [Fact]
    public async Task A_channel_over_which_nothing_comes_for_long_is_given_up()
    {
        var nodes = await StartAsync(2);
        await nodes.ConvergeAsync();
        nodes.Lines[1].Loss = 1;
        var writing = true;
        var writer = Task.Run(
            async () =>
            {
                for (; Volatile.Read(ref writing); await Task.Delay(20, Stopping))
                {
                    nodes.All[0].Append(1);
                }
            },
            Stopping);

        // It cannot be had, either: this node is better not asked.
        await Until.TrueAsync(() => nodes.All[1].Log.SilentSince is not null, () => "It is heard.", TimeSpan.FromSeconds(30));
        nodes.Lines[1].Loss = 0;
        await Until.TrueAsync(() => nodes.All[1].Log.SilentSince is null, () => "It is not heard.", TimeSpan.FromSeconds(30));
        Volatile.Write(ref writing, false);
        await writer;
        await nodes.ConvergeAsync();
        NobodyStartedAgain(nodes);
    }

    [Fact]
    public async Task A_prefix_for_channels_in_the_connection_string_makes_nobody_deaf()
    {
        var nodes = await StartAsync(2, configure: o => o.Configuration += ",channelPrefix=board:");
        await nodes.ConvergeAsync();
        Assert.Equal(["{livehub}:entries"], ((object?[])(await nodes.Server.ExecuteAsync("PUBSUB", "CHANNELS", "*livehub*"))!).Cast<string>());
    }

    [Fact]
    public async Task What_is_too_much_for_a_message_is_read_from_the_log_by_all_and_in_order()
    {
        var nodes = await StartAsync(configure: o => o.CommandTimeout = TimeSpan.FromSeconds(5));
        nodes.Lines[0].Cut();
        foreach (var length in (int[])[100, 2_000_000, 100, 3_000_000, 500_000, 500_000, 500_000, 500_000, 100])
        {
            nodes.All[0].Append(Samples.Changeset(Samples.Book(1, new('x', length))));
        }

        nodes.Lines[0].Mend();
        await nodes.ConvergeAsync();
        NobodyStartedAgain(nodes);
    }

    [Fact]
    public async Task A_last_delivery_that_is_lost_is_read_from_the_log_though_nothing_comes_after_it()
    {
        var nodes = await StartAsync(2);
        await nodes.ConvergeAsync();
        nodes.Lines[1].Loss = 1;
        for (var i = 0; i < 3; i++)
        {
            await SeenByAllAsync(nodes, nodes.All[0].Append(1)[0]);
        }

        Assert.NotEqual(0, nodes.Lines[1].Dropped);
        nodes.Lines[1].Loss = 0;
        await nodes.ConvergeAsync();
        NobodyStartedAgain(nodes);
    }

    [Fact]
    public async Task Deliveries_that_come_again_and_others_messages_on_the_channels_change_nothing()
    {
        var nodes = await StartAsync();
        await nodes.ConvergeAsync();
        await using var listener = await RespConnection.OpenAsync(nodes.Server.Port, password: null);
        await listener.ExecuteAsync("PSUBSCRIBE", "*");
        for (var i = 0; i < 50; i++)
        {
            await SeenByAllAsync(nodes, nodes.All[0].Append(1)[0]);
        }

        var heard = new List<(string Channel, string Message)>();
        while (heard.Count < 50)
        {
            var delivery = (object?[])(await listener.ReadAsync())!;
            heard.Add(((string)delivery[2]!, (string)delivery[3]!));
        }

        foreach (var (channel, message) in Enumerable.Reverse(heard))
        {
            await nodes.Server.ExecuteAsync("PUBLISH", channel, message);
        }

        foreach (var channel in heard.Select(h => h.Channel).Distinct().ToList())
        {
            foreach (var message in new[] { "", "x", "\0\u00ff", new string('9', 100), heard[0].Message[..(heard[0].Message.Length / 2)] })
            {
                await nodes.Server.ExecuteAsync("PUBLISH", channel, message);
            }
        }

        nodes.All[1].Append(50);
        await nodes.ConvergeAsync();
        NobodyStartedAgain(nodes);
    }

    [Fact]
    public async Task Applications_with_other_prefixes_on_the_same_server_hear_nothing_of_each_other()
    {
        var nodes = await StartAsync(2);
        var others = new[] { new LogNode(await nodes.LogAsync(o => o.Prefix = "other"), Stopping), new LogNode(await nodes.LogAsync(o => o.Prefix = "other"), Stopping) };
        nodes.All[0].Append(50);
        others[0].Append(20);
        await nodes.ConvergeAsync();
        await LogNode.ConvergeAsync(others);
        Assert.NotEqual(nodes.All[0].Log.Epoch, others[0].Log.Epoch);
        Assert.Equal((52, 22), (nodes.All[1].Entries.Count, others[1].Entries.Count));

        others[0].Log.BeginEpoch();
        await LogNode.ConvergeAsync(others);
        await nodes.ConvergeAsync();
        NobodyStartedAgain(nodes);
        Assert.All((object?[])(await nodes.Server.ExecuteAsync("KEYS", "*"))!, key => Assert.Matches(@"^\{(livehub|other)\}:", (string)key!));
        Assert.All((object?[])(await nodes.Server.ExecuteAsync("PUBSUB", "CHANNELS"))!, channel => Assert.Matches(@"^(\{(livehub|other)\}:|__Booksleeve_)", (string)channel!));
    }

    [Fact]
    public async Task Rule_13_a_changeset_is_one_round_trip_at_most_whatever_reads()
    {
        var nodes = await StartAsync(2, configure: o => o.HeartbeatInterval = TimeSpan.FromSeconds(2));
        await nodes.ConvergeAsync();
        var readers = Enumerable.Range(0, 50).Select(_ => new LogNode(nodes.All[1].Log, Stopping)).ToList();
        await nodes.Server.ResetCountsAsync();
        var last = nodes.All[0].Append(1_000)[^1];
        await SeenByAllAsync(nodes, last);
        var calls = await nodes.Server.CallsAsync();
        Assert.Equal(1_000, calls["xadd"]);
        Assert.InRange(calls.GetValueOrDefault("eval") + calls.GetValueOrDefault("evalsha"), 1, 1_050);
        Assert.True(calls.GetValueOrDefault("publish") <= 1_050, $"{calls.GetValueOrDefault("publish")} were published");
        Assert.True(calls.GetValueOrDefault("xrange") <= 25, $"the log was read {calls.GetValueOrDefault("xrange")} times");
        await Until.TrueAsync(() => readers.TrueForAll(r => r.HasSeen(last)), () => string.Join('\n', readers));
    }
}
