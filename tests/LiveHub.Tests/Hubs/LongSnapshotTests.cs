using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using LiveHub.Snapshots;
using LiveHub.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LiveHub.Tests.Hubs;

/// <summary>Rules 9 and 12: a snapshot that takes long on its way to a client holds nothing else up, and is neither torn nor left over.</summary>
public sealed partial class LongSnapshotTests(PostgresServer server)
{
    /// <summary>Rows of 20 kB each, and so parts: many turns of the pump.</summary>
    private const int Long = 200;

    /// <summary>No less than what is written in a turn, or lies on the way.</summary>
    private const int Turn = 30;

    [Fact]
    public async Task Rule_12_a_hundred_thousand_rows_go_to_a_slow_client_and_a_fast_one_at_once_and_are_read_once()
    {
        var queries = new CommandCounter();
        var gate = new ReadGate("\"Items\"");
        await using var shop = await StartAsync(o => o.SnapshotMemoryBytes = 1 << 20, services =>
        {
            gate.Attach(services);
            services.ConfigureDbContext<ShopDb>(o => o.AddInterceptors(queries));
        });
        using var measured = new Measured(shop.App.Services);
        await AddAsync(shop, 100_000, 100);
        await using var slow = await RawClient.ConnectAsync(shop.HubUrl, ahead: 4);
        await using var fast = await RawClient.ConnectAsync(shop.HubUrl);
        gate.Close();
        queries.Reset();
        foreach (var client in new[] { slow, fast })
        {
            await client.SubscribeAsync(2, "Shelf");
            await client.SubscribeAsync(1, "Item", ",\"columns\":[\"name\"]");
        }

        await Until.TrueAsync(() => SnapshotsOf(shop).Count == (1, 2), () => $"{SnapshotsOf(shop).Count}");
        gate.Open();

        // The fast one has all, and is live, before the slow one reads anything.
        var view = await fast.UntilAsync(new(), v => v.Rows(1) is not null);
        Assert.Equal(100_000, view.Rows(1)!.Count);
        Assert.True(measured["livehub.spool.bytes"] > 5 << 20, measured.ToString());
        await shop.RenameAsync(1, "renamed");
        await shop.AddItemsAsync(1, "added");
        await fast.UntilAsync(view, v => v.Rows(1)!.Count == 100_001 && (string?)v.Rows(1)!["1"]["name"] == "renamed");

        await AddShelvesAsync(shop, 1);
        var late = await slow.UntilAsync(new(), v => v.Rows(2)?.Count == 3);
        Assert.Null(late.Rows(1));
        Assert.Single(late.Unfinished);
        await slow.UntilAsync(late, v => v.Rows(1) is not null);
        Assert.Equal((100_001, "renamed", 0), (late.Rows(1)!.Count, (string?)late.Rows(1)!["1"]["name"], late.Dropped));
        Assert.Equal(1, queries.Count("ORDER BY i.\"Id\""));
        await IsFreeAsync(shop, measured);
    }

    [Fact]
    public async Task Rule_9_while_a_long_snapshot_is_on_its_way_what_is_live_is_changed_and_read_again_and_what_is_short_enters()
    {
        var queries = new CommandCounter();
        await using var shop = await StartAsync(services: services => services.ConfigureDbContext<ShopDb>(o => o.AddInterceptors(queries)));
        using var measured = new Measured(shop.App.Services);
        var (client, view) = await OnItsWayAsync(shop, measured);
        await using var _ = client;
        await shop.AddShelfAsync("changed");
        await PostgresServer.ExecuteAsync(shop.ConnectionString, """update "Shelves" set "Name" = 'told of' where "Id" = 1""");
        await shop.Live.InvalidateAsync<Shelf>();
        await IsRoutedAsync(shop);
        queries.Reset();
        await client.SendAsync("""{"type":"subscribe","subscriptions":[{"id":4,"entity":"Nothing"}]}""");

        // The answer is written, and then the turn of the long rows is over: the shelves are read again.
        await client.UntilAsync(view, v => v.Errors.Count == 1);
        var end = view.RowsInParts + Turn;
        await client.UntilAsync(view, v => v.RowsInParts == end);
        Assert.Equal(3, view.Rows(2)!.Count);
        await IsReadAsync("Shelves");
        await LittleByLittleAsync(client, view, v => (string?)v.Rows(2)!["1"]["name"] == "told of");
        await client.SubscribeAsync(3, "Tag");
        await IsReadAsync("Tags");
        await LittleByLittleAsync(client, view, v => v.Rows(3) is not null);
        Assert.Null(view.Rows(1));
        Assert.Single(view.Unfinished);
        await client.UntilAsync(view, v => v.Rows(1) is not null);
        Assert.Equal((Long, 0), (view.Rows(1)!.Count, view.Dropped));
        await shop.RenameAsync(1, "and on");
        await client.UntilAsync(view, v => (string?)v.Rows(1)!["1"]["name"] == "and on");

        Task IsReadAsync(string table)
            => Until.TrueAsync(() => queries.Count($"FROM \"{table}\"") == 1 && SnapshotsOf(shop).Count == (0, 0), () => $"{table} are not read");
    }

    [Fact]
    public async Task Rule_20_what_goes_on_does_not_wait_for_long_rows_that_were_asked_for_with_it()
    {
        await using var shop = await StartAsync();
        using var measured = new Measured(shop.App.Services);
        await AddAsync(shop, Long, 20_000);
        var view = new RawView();
        await using (var before = await RawClient.ConnectAsync(shop.HubUrl, hello: false))
        {
            await before.SendAsync("""{"type":"hello","protocol":{"min":1,"max":1},"client":"raw"}""");
            await before.SubscribeAsync(2, "Shelf");
            await before.UntilAsync(view, v => v.Rows(2) is not null);
        }

        await shop.AddShelfAsync("missed");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl, hello: false, ahead: 4);
        await client.SendAsync($$"""{"type":"hello","protocol":{"min":1,"max":1},"client":"raw","position":{{view.Position.ToJsonString()}}}""");
        await client.SendAsync($$"""{"type":"subscribe","subscriptions":[{"id":1,"entity":"Item"},{"id":2,"entity":"Shelf","fingerprint":"{{view.Fingerprints[2]}}"}]}""");
        await Until.TrueAsync(() => measured["livehub.spool.bytes"] > 0 && SnapshotsOf(shop).Count == (0, 0), () => "the items are not read");
        await client.UntilAsync(view, v => v.Resumed.Contains(2) && v.Rows(2)!.Count == 3);
        Assert.Null(view.Rows(1));
        await client.UntilAsync(view, v => v.Rows(1)?.Count == Long);
        await IsFreeAsync(shop, measured);
    }

    [Fact]
    public async Task Rule_12_one_long_snapshot_is_on_its_way_at_a_time()
    {
        await using var shop = await StartAsync();
        using var measured = new Measured(shop.App.Services);
        var (client, view) = await OnItsWayAsync(shop, measured);
        await using var _ = client;
        await client.SubscribeAsync(3, "Item", ",\"columns\":[\"name\",\"shelfId\"]");
        await client.SubscribeAsync(4, "Tag");
        for (; view.Rows(1) is null || view.Rows(3) is null || view.Rows(4) is null; view.Apply(await client.NextAsync()))
        {
            Assert.InRange(view.Unfinished.Count, 0, 1);
        }

        Assert.Equal((Long, Long, 0), (view.Rows(1)!.Count, view.Rows(3)!.Count, view.Dropped));
    }

    [Fact]
    public async Task Rule_9_rows_that_change_unseen_while_they_are_on_their_way_are_read_again_and_hold_nothing_up()
    {
        await using var shop = await StartAsync();
        using var measured = new Measured(shop.App.Services);
        var (client, view) = await OnItsWayAsync(shop, measured);
        await using var _ = client;
        await PostgresServer.ExecuteAsync(shop.ConnectionString, """update "Items" set "Name" = 'told of' where "Id" = 1""");
        await shop.Live.InvalidateAsync<Item>();
        await shop.AddShelfAsync("after that");
        await client.UntilAsync(view, v => v.Rows(2)?.Count == 3);
        Assert.Null(view.Rows(1));
        await client.UntilAsync(view, v => v.Rows(1) is not null);
        Assert.Equal((Long, "told of", 1), (view.Rows(1)!.Count, (string?)view.Rows(1)!["1"]["name"], view.Dropped));
        await IsFreeAsync(shop, measured);
    }

    [Fact]
    public async Task Rule_9_rows_that_change_unseen_over_and_over_while_they_are_on_their_way_enter_all_the_same()
    {
        await using var shop = await StartAsync();
        using var measured = new Measured(shop.App.Services);
        var (client, view) = await OnItsWayAsync(shop, measured);
        await using var _ = client;
        long known = 0;
        for (var i = 0; view.Rows(1) is null; i++)
        {
            await PostgresServer.ExecuteAsync(shop.ConnectionString, $"""update "Items" set "Name" = 'told of {i}' where "Id" = 1""");
            await shop.Live.InvalidateAsync<Item>();
            await client.UntilAsync(view, v => v.Rows(1) is not null || v.Unfinished.Any(s => s > known));
            known = view.Unfinished.DefaultIfEmpty(known).Max();
            Assert.InRange(view.Dropped, 0, 1);
        }

        Assert.Equal(1, view.Dropped);
        await PostgresServer.ExecuteAsync(shop.ConnectionString, """update "Items" set "Name" = 'last' where "Id" = 1""");
        await shop.Live.InvalidateAsync<Item>();
        await client.UntilAsync(view, v => (string?)v.Rows(1)!["1"]["name"] == "last");
    }

    [Fact]
    public async Task Rule_9_long_rows_that_are_live_are_read_again_and_what_comes_after_that_waits_for_them()
    {
        await using var shop = await StartAsync();
        using var measured = new Measured(shop.App.Services);
        var (client, view) = await OnItsWayAsync(shop, measured);
        await using var _ = client;
        await client.UntilAsync(view, v => v.Rows(1) is not null);
        await shop.AddShelfAsync("before");
        await PostgresServer.ExecuteAsync(shop.ConnectionString, """update "Items" set "Name" = 'told of' where "Id" = 1""");
        await shop.Live.InvalidateAsync<Item>();
        await shop.AddShelfAsync("after");
        await Until.TrueAsync(() => measured["livehub.spool.bytes"] > 0 && SnapshotsOf(shop).Count == (0, 0), () => "the items are not read again");
        await client.UntilAsync(view, v => v.Rows(2)!.Count == 3 && v.Unfinished.Count == 1);
        await client.UntilAsync(view, v => (string?)v.Rows(1)!["1"]["name"] == "told of");
        Assert.Equal((4, Long, 0), (view.Rows(2)!.Count, view.Rows(1)!.Count, view.Dropped));
        await IsFreeAsync(shop, measured);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Rule_12_a_client_that_falls_out_of_the_log_is_sent_the_rows_anew_and_refused_when_it_does_so_again_and_again(int times)
    {
        await using var shop = await StartAsync(o => o.LogRetention.Count = 10);
        using var measured = new Measured(shop.App.Services);
        var (client, view) = await OnItsWayAsync(shop, measured);
        await using var _ = client;
        long known = 0;
        for (var i = 0; i < times; i++)
        {
            await AddShelvesAsync(shop, 41);
            await client.UntilAsync(view, v => v.Dropped == i + 1);
            Assert.InRange(view.RowsInParts, i + 1, ((i + 1) * Long) - 1);
            if (i < times - 1)
            {
                await client.UntilAsync(view, v => v.Unfinished.Any(s => s > known));
                known = view.Unfinished.Max();
            }
        }

        await client.UntilAsync(view, v => times < 3 ? v.Rows(1) is not null : v.Errors.Count > 0);
        Assert.Equal(times < 3 ? null : "snapshot_too_slow", (string?)view.Errors.SingleOrDefault()?["code"]);
        Assert.Equal((times < 3 ? Long : null, times), (view.Rows(1)?.Count, view.Dropped));
        await client.UntilAsync(view, v => v.Rows(2)!.Count == 2 + (41 * times));
        Assert.Empty(view.Unfinished);
        await IsFreeAsync(shop, measured);
    }

    [Fact]
    public async Task Rule_19_more_than_may_wait_while_a_long_snapshot_is_on_its_way_is_caught_up_with()
    {
        await using var shop = await StartAsync(o => o.MaxQueuedRows = 100);
        using var measured = new Measured(shop.App.Services);
        var (client, view) = await OnItsWayAsync(shop, measured);
        await using var _ = client;
        await AddShelvesAsync(shop, 150);
        await shop.RenameAsync(1, "renamed");
        await Until.TrueAsync(() => measured["livehub.overflows"] > 0, measured.ToString);
        await client.UntilAsync(view, v => v.Rows(2)?.Count == 152);
        Assert.Null(view.Rows(1));
        await client.UntilAsync(view, v => v.Rows(1) is not null);
        Assert.Equal((Long, "renamed", 0), (view.Rows(1)!.Count, (string?)view.Rows(1)!["1"]["name"], view.Dropped));
        Assert.Equal(0, measured["livehub.resets slow"]);
    }

    /// <summary>The system would take megabytes for a client that does not read.</summary>
    private static Socket WithLittleRoom(EndPoint endPoint)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        socket.SendBufferSize = 16 * 1024;
        return socket;
    }

    /// <summary>SignalR would give up who takes nothing for 10 s.</summary>
    private Task<Shop> StartAsync(Action<LiveHubOptions>? options = null, Action<IServiceCollection>? services = null)
        => Shop.StartAsync(
            server,
            o =>
            {
                o.SnapshotMemoryBytes = 1 << 20;
                options?.Invoke(o);
            },
            s =>
            {
                s.Configure<SocketTransportOptions>(o => o.CreateBoundListenSocket = WithLittleRoom);
                services?.Invoke(s);
            },
            map: app => app.MapLiveHub("/live", o => o.TransportSendTimeout = TimeSpan.FromMinutes(5)));

    /// <summary>A client that shows the shelves (2), and takes nothing of the items (1) that are on their way to it until somebody looks.</summary>
    private static async Task<(RawClient Client, RawView View)> OnItsWayAsync(Shop shop, Measured measured, string before = "")
    {
        await AddAsync(shop, Long, 20_000);
        var client = await RawClient.ConnectAsync(shop.HubUrl, ahead: 4);
        await client.SubscribeAsync(2, "Shelf");
        var view = await client.UntilAsync(new(), v => v.Rows(2) is not null);
        await client.SendAsync($$"""{"type":"subscribe","subscriptions":[{{before}}{"id":1,"entity":"Item"}]}""");
        await Until.TrueAsync(() => measured["livehub.spool.bytes"] > 0 && SnapshotsOf(shop).Count == (0, 0), () => "the items are not read");
        return (client, view);
    }

    private static Task AddAsync(Shop shop, int rows, int length) => PostgresServer.ExecuteAsync(shop.ConnectionString,
        $"""insert into "Items" ("ShelfId", "Name", "Done", "IsDeleted", "Secret", "Ignored") select 1, repeat('x', {length}), false, false, '', '' from generate_series(1, {rows})""");

    private static async Task AddShelvesAsync(Shop shop, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await shop.AddShelfAsync($"{i}");
        }

        await IsRoutedAsync(shop);
    }

    private static async Task IsRoutedAsync(Shop shop)
    {
        var head = await shop.Log.ReadHeadAsync(TestContext.Current.CancellationToken);
        await shop.Router.WaitForAsync(head.Offset, TestContext.Current.CancellationToken);
    }

    /// <summary>What the server is about to write has time to come in between.</summary>
    private static async Task LittleByLittleAsync(RawClient client, RawView view, Func<RawView, bool> reached)
    {
        while (!reached(view))
        {
            view.Apply(await client.NextAsync());
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    private static SharedSnapshots SnapshotsOf(Shop shop) => shop.App.Services.GetRequiredService<SharedSnapshots>();

    /// <summary>Nothing of any snapshot is held any longer: no file, and nothing of the log.</summary>
    private static async Task IsFreeAsync(Shop shop, Measured measured)
    {
        var inProgress = shop.App.Services.GetRequiredService<SnapshotsInProgress>();
        await Until.TrueAsync(
            () => SnapshotsOf(shop).Count == (0, 0) && measured["livehub.spool.bytes"] == 0 && inProgress.NeededAfter(DateTimeOffset.UtcNow) == long.MaxValue,
            () => $"{SnapshotsOf(shop).Count}, {measured}, {inProgress.NeededAfter(DateTimeOffset.UtcNow)}");
    }
}
