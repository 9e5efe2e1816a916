using System.Globalization;
using LiveHub.Tests.Infrastructure;

namespace LiveHub.Redis.Tests.Nodes;

/// <summary>Rule 8 over several nodes: the log in Redis is of one history of the database.</summary>
public sealed class RestoredTests(PostgresServer server)
{
    [Fact]
    public async Task Rule_8_a_database_that_is_restored_while_no_node_runs_is_another_when_one_starts_and_nobody_goes_on_from_the_log()
    {
        await using var nodes = await ShopNodes.StartAsync(server, count: 1);
        await using var guest = await StopAsync(nodes);
        await server.ReplaceDatabaseAsync(nodes[0].ConnectionString);
        await StartsAnewAsync(nodes, guest);
    }

    [Fact]
    public async Task Rule_8_a_database_that_is_copied_back_while_no_node_runs_is_another_when_one_starts_though_it_calls_itself_the_same()
    {
        await using var nodes = await ShopNodes.StartAsync(server, count: 1);
        await using var guest = await StopAsync(nodes);

        // It had come further than it stands now.
        var version = $"version:{typeof(ShopDb).FullName}";
        var known = long.Parse((string)(await nodes.Redis.ExecuteAsync("HGET", "{livehub}:state", version))!, CultureInfo.InvariantCulture);
        await nodes.Redis.ExecuteAsync("HSET", "{livehub}:state", version, $"{known * 2}");
        await StartsAnewAsync(nodes, guest);
    }

    [Fact]
    public async Task Rule_8_a_database_that_stands_where_it_stood_or_later_is_the_same_and_everybody_goes_on()
    {
        await using var nodes = await ShopNodes.StartAsync(server, count: 1);
        await using var guest = await StopAsync(nodes);
        await PostgresServer.ExecuteAsync(nodes[0].ConnectionString, """update "Tags" set "Name" = 'while no node ran'""");
        var again = await nodes.AddAsync();
        await guest.GoToAsync(again);
        guest.HasResumed();
    }

    [Fact]
    public async Task Rule_8_every_node_finds_out_that_the_database_was_restored_and_one_epoch_is_begun()
    {
        await using var nodes = await ShopNodes.StartAsync(server, count: 3);
        await nodes[0].AddItemsAsync(1, "cup");
        await using var guest = await Guest.AtAsync(nodes[1]);
        var head = await nodes[0].Log.ReadHeadAsync(default, default);
        await server.ReplaceDatabaseAsync(nodes[0].ConnectionString);
        await Task.WhenAll(nodes.All.Select(node => node.AddItemsAsync(1, "of the restored one")));
        await guest.UntilSentAwayAsync();

        // Each has said all that it had to say; an epoch leaves one offset out.
        var heads = await Task.WhenAll(nodes.All.Select(node => node.Log.ReadHeadAsync(default, default).AsTask()));
        Assert.Equal(head.Offset + 1 + nodes.All.Count, heads.Max(h => h.Offset));
        await guest.GoToAsync(nodes[2]);
        Assert.Empty(guest.View.Resumed);
        await nodes.SettleAsync(guest);
    }

    [Fact]
    public async Task Rule_8_what_the_log_is_of_is_known_again_after_Redis_has_lost_it()
    {
        await using var nodes = await ShopNodes.StartAsync(server, count: 1);
        var epoch = nodes[0].Log.Epoch;
        await nodes.Redis.ExecuteAsync("FLUSHALL");
        await Until.TrueAsync(() => nodes[0].Log.Epoch != epoch && nodes[0].Log.WaitUntilHeardAsync(default).IsCompleted, () => "It goes on in the old log.");
        await using var guest = await StopAsync(nodes);
        await server.ReplaceDatabaseAsync(nodes[0].ConnectionString);
        await StartsAnewAsync(nodes, guest);
    }

    [Fact]
    public async Task G2_an_application_on_another_database_does_not_start_on_the_log_of_one_that_runs_and_says_why()
    {
        await using var nodes = await ShopNodes.StartAsync(server, count: 1);
        await nodes[0].AddItemsAsync(1, "cup");
        await using var guest = await Guest.AtAsync(nodes[0]);
        await using var others = nodes.Beside(_ => { });
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => others.AddAsync());
        Assert.Contains("of another database", fault.Message, StringComparison.Ordinal);
        Assert.Contains("'livehub'", fault.Message, StringComparison.Ordinal);
        await nodes.SettleAsync(guest);
        Assert.Null(guest.RetryMs);

        // Nobody is to miss it.
        Assert.Equal(1L, await nodes.Redis.ExecuteAsync("HLEN", "{livehub}:nodes"));
    }

    [Fact]
    public async Task Rule_8_a_node_that_starts_after_a_restore_makes_those_that_run_look_and_all_begin_anew()
    {
        await using var nodes = await ShopNodes.StartAsync(server, count: 1);
        await nodes[0].AddItemsAsync(1, "cup");
        await using var guest = await Guest.AtAsync(nodes[0]);
        await server.ReplaceDatabaseAsync(nodes[0].ConnectionString);
        await nodes.AddAsync();
        await guest.UntilSentAwayAsync();
        await guest.GoToAsync(nodes[1]);
        Assert.Empty(guest.View.Resumed);
        await nodes.SettleAsync(guest);
    }

    /// <summary>A guest is left without a node.</summary>
    private static async Task<Guest> StopAsync(ShopNodes nodes)
    {
        await nodes[0].AddItemsAsync(1, "cup");
        var guest = await Guest.AtAsync(nodes[0]);
        await guest.LeaveAsync();
        await nodes.StopAsync(0);
        return guest;
    }

    private static async Task StartsAnewAsync(ShopNodes nodes, Guest guest)
    {
        var before = guest.Epoch;
        var fresh = await nodes.AddAsync();
        Assert.NotEqual(before, fresh.Log.Epoch);
        await Until.TrueAsync(() => fresh.Router.Routed == fresh.Log.Head, () => "The router is elsewhere.");
        await guest.GoToAsync(fresh);
        Assert.Empty(guest.View.Resumed);
        Assert.Equal(fresh.Log.Epoch, guest.Epoch);
        await fresh.AddItemsAsync(1, "of the restored one");
        await guest.UntilAsync(v => v.Rows(1)!.Count == 2);
        await guest.EqualsDatabaseAsync(fresh);
    }
}
