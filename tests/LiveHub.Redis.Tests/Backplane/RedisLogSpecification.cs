using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Redis.Tests.Infrastructure;
using LiveHub.Tests.Backplane;
using LiveHub.Tests.Infrastructure;
using LiveHub.Tests.Model;

namespace LiveHub.Redis.Tests.Backplane;

/// <summary>The specification of a shared log on a redis-server where nothing fails.</summary>
public abstract class RedisLogSpecification : SharedLogSpecification
{
    private readonly NodeFactory _create;
    private readonly List<RedisNodes> _others = [];
    private RedisNodes? _nodes;

    private protected RedisLogSpecification(NodeFactory create) => _create = create;

    [Fact]
    public async Task Rule_13_what_is_trimmed_by_count_is_gone_from_Redis_and_for_who_comes_later()
    {
        Retention = new() { Count = 7 };
        await AppendAsync(await NodeAsync(), 100);
        Assert.Equal(7, await KeptInRedisAsync());
    }

    [Fact]
    public async Task Rule_13_what_is_trimmed_by_bytes_is_gone_from_Redis_and_for_who_comes_later()
    {
        Retention = new() { Bytes = 1 << 20 };
        var log = await NodeAsync();
        await AppendAsync(log, 30, length: 200_000);
        Assert.InRange(await KeptInRedisAsync(), 1, 5);
        await AppendAsync(log, 100);
        Assert.InRange(await KeptInRedisAsync(), 101, 105);
    }

    [Fact]
    public async Task Rule_13_what_is_trimmed_by_age_is_gone_from_Redis_and_for_who_comes_later()
    {
        Retention = new() { Age = TimeSpan.FromSeconds(1) };
        var log = await NodeAsync();
        await AppendAsync(log, 5);
        await PassAsync(TimeSpan.FromSeconds(1.5));
        await AppendAsync(log, 1);
        Assert.Equal(1, await KeptInRedisAsync());
    }

    [Fact]
    public async Task A_changeset_that_is_too_large_to_be_sent_around_is_read_again_by_every_node()
    {
        var (first, second) = (await NodeAsync(), await NodeAsync());
        var large = (await AppendAsync(first, 1, length: 7 << 20))[0];
        var tooLarge = (await AppendAsync(first, 1, length: 17 << 20))[0];
        foreach (var node in (IBackplane[])[first, second, await NodeAsync()])
        {
            var entries = await TakeAsync(node, 0, 2);
            Assert.Equal([large.Id, tooLarge.Id], entries.Select(e => e.Changeset.Id));
            Assert.Equal((1, 0), (entries[0].Changeset.Changes.Length, entries[0].Changeset.Invalidations.Length));
            Assert.Empty(entries[1].Changeset.Changes);
            AllIsReadAgain(entries[1].Changeset, Catalog.Book);
        }
    }

    [Fact]
    public async Task An_entry_that_cannot_be_read_is_everything_read_again_and_what_comes_after_it_is_as_ever()
    {
        var log = await NodeAsync();
        await AppendAsync(log, 1);

        // As somebody would whose changesets are of another kind.
        var server = _nodes!.Server;
        Assert.Equal(1L, await server.ExecuteAsync(
            ["EVAL", Scripts.Append, "3", "{livehub}:state", "{livehub}:log", "{livehub}:changesets", log.Epoch, "{livehub}:entries", "100", "1000000", "600000", "", .. Unreadable]));
        var last = (await AppendAsync(log, 1))[0];
        foreach (var node in (IBackplane[])[log, await NodeAsync()])
        {
            var entries = await TakeAsync(node, 1, 2);
            Assert.Empty(entries[0].Changeset.Changes);
            AllIsReadAgain(entries[0].Changeset, [.. Catalog.Model.Entities]);
            Assert.Equal(Samples.Text(last), Samples.Text(entries[1].Changeset));
        }
    }

    /// <summary>A changeset's id, tag, database, version and bytes.</summary>
    private static string[] Unreadable => ["0123456789abcdef", "01234567", "0", "\u00ffanother kind\0"];

    private static void AllIsReadAgain(Changeset changeset, params Entity[] entities)
    {
        Assert.Equal(entities.Select(e => e.Name).Order(), changeset.Invalidations.Select(i => i.Entity.Name).Order());
        Assert.All(changeset.Invalidations, i => Assert.Empty(i.Terms));
    }

    /// <summary>How many entries Redis holds, in each of its keys, and shows to a node that would keep more.</summary>
    private async Task<int> KeptInRedisAsync()
    {
        var nodes = _nodes!;
        nodes.Retention = new();
        var later = await nodes.LogAsync();
        var kept = (long)(await nodes.Server.ExecuteAsync("XLEN", "{livehub}:log"))!;
        Assert.Equal(kept, await nodes.Server.ExecuteAsync("HLEN", "{livehub}:changesets"));
        Assert.Equal(kept, await KeptAsync(later));
        return (int)kept;
    }

    private protected override async Task<IBackplane> NodeAsync() => await (_nodes ??= await StartAsync()).LogAsync();

    private protected override async Task<IBackplane> OtherLogAsync()
    {
        var other = await StartAsync();
        _others.Add(other);
        return await other.LogAsync();
    }

    /// <summary>Redis has a clock of its own.</summary>
    private protected override Task PassAsync(TimeSpan time) => Task.Delay(time, Stopping);

    private protected override async ValueTask EndAsync()
    {
        foreach (var nodes in _nodes is null ? _others : [_nodes, .. _others])
        {
            await nodes.DisposeAsync();
        }
    }

    private async Task<RedisNodes> StartAsync() => new(await RedisServer.StartAsync(), _create, Stopping) { Retention = Retention, Configure = o => o.CommandTimeout = TimeSpan.FromSeconds(5) };
}
