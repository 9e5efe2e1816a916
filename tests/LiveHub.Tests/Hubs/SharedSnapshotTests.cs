using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LiveHub.Tests.Hubs;

/// <summary>Rule 12: what is asked for at the same time is read once.</summary>
public sealed class SharedSnapshotTests(PostgresServer server)
{
    private const string Query = "SELECT i.\"Id\", i.\"Name\", i.\"ShelfId\"";

    [Fact]
    public async Task Rule_12_a_thousand_connections_that_ask_at_the_same_time_are_one_query_in_PostgreSQL_s_log()
    {
        await using var shop = await Shop.StartAsync(server);
        await shop.AddItemsAsync(1, "cup", "jug");
        await shop.AddItemsAsync(2, "fork");
        var snapshots = shop.App.Services.GetRequiredService<LiveHub.Snapshots.SharedSnapshots>();
        var before = Logged(shop, Query);
        var clients = new List<RawClient>();
        try
        {
            for (var i = 0; i < 1_000; i++)
            {
                clients.Add(await RawClient.ConnectAsync(shop.HubUrl));
            }

            await PostgresServer.ExecuteAsync(shop.ConnectionString, $"""alter database "{new NpgsqlConnectionStringBuilder(shop.ConnectionString).Database}" set log_statement = 'all'""");
            NpgsqlConnection.ClearPool(new NpgsqlConnection(shop.ConnectionString));
            await using (await LockAsync(shop))
            {
                foreach (var client in clients)
                {
                    await client.SubscribeAsync(1, "Item", ",\"where\":{\"shelfId\":1},\"columns\":[\"name\",\"shelfId\"]");
                }

                await Until.TrueAsync(() => snapshots.Count == (1, 1_000), () => $"{snapshots.Count}");
            }

            // Some write meanwhile; each sees all of it.
            await shop.AddItemsAsync(1, "mug");
            foreach (var client in clients)
            {
                var view = await client.UntilAsync(new(), v => v.Rows(1)?.Count == 3);
                Assert.Equal(["cup", "jug", "mug"], view.Rows(1)!.Values.Select(r => (string?)r["name"]).Order());
            }
        }
        finally
        {
            clients.ForEach(c => c.Abort());
        }

        Assert.Equal(before + 1, Logged(shop, Query));
        await Until.TrueAsync(() => snapshots.Count == (0, 0), () => $"{snapshots.Count}");
    }

    [Fact]
    public async Task Rule_12_who_comes_while_a_shape_is_read_takes_it_along_with_what_it_asks_for_besides()
    {
        var queries = new CommandCounter();
        var gate = new ReadGate("\"Items\"");
        await using var shop = await Shop.StartAsync(server, services: services =>
        {
            gate.Attach(services);
            services.ConfigureDbContext<ShopDb>(o => o.AddInterceptors(queries));
        });
        await shop.AddItemsAsync(1, "cup");
        await using var first = await RawClient.ConnectAsync(shop.HubUrl);
        await using var second = await RawClient.ConnectAsync(shop.HubUrl);
        queries.Reset();
        gate.Close();
        await first.SubscribeAsync(1, "Item");
        await gate.Waiting;

        // The second has missed this, and so has the snapshot: it is in the log after its start.
        await shop.AddShelfAsync("third");
        await second.SendAsync("""{"type":"subscribe","subscriptions":[{"id":1,"entity":"Item"},{"id":2,"entity":"Shelf"}]}""");
        await Until.TrueAsync(() => queries.Count("FROM \"Shelves\"") == 1, () => "the shelves are not read");
        gate.Open();
        var view = await second.UntilAsync(new(), v => v.Rows(1) is not null);
        Assert.Equal((1, 3, 1), (view.Rows(1)!.Count, view.Rows(2)!.Count, view.Steps));
        await first.UntilAsync(new(), v => v.Rows(1)?.Count == 1);
        Assert.Equal((1, 1), (queries.Count("FROM \"Items\""), queries.Count("FROM \"Shelves\"")));
    }

    [Fact]
    public async Task Rule_12_what_was_invalidated_while_it_was_read_for_another_is_read_again_for_who_came_after_that()
    {
        var gate = new ReadGate("\"Items\"");
        await using var shop = await Shop.StartAsync(server, services: gate.Attach);
        await shop.AddItemsAsync(1, "cup");
        await using var first = await RawClient.ConnectAsync(shop.HubUrl);
        await using var second = await RawClient.ConnectAsync(shop.HubUrl);
        gate.Close();
        await first.SendAsync("""{"type":"subscribe","subscriptions":[{"id":2,"entity":"Shelf"},{"id":1,"entity":"Item"}]}""");
        await gate.Waiting;

        // The snapshot was taken with the shelves, before this.
        await PostgresServer.ExecuteAsync(shop.ConnectionString, """update "Items" set "Name" = 'bowl'""");
        await shop.Live.InvalidateAsync<Item>();
        await shop.Router.WaitForAsync((await shop.Log.ReadHeadAsync(TestContext.Current.CancellationToken)).Offset, TestContext.Current.CancellationToken);
        await second.SubscribeAsync(1, "Item");
        var snapshots = shop.App.Services.GetRequiredService<LiveHub.Snapshots.SharedSnapshots>();
        await Until.TrueAsync(() => snapshots.Count == (2, 3), () => $"{snapshots.Count}");
        gate.Open();
        await second.UntilAsync(new(), v => (string?)v.Rows(1)?["1"]["name"] == "bowl");
        await first.UntilAsync(new(), v => (string?)v.Rows(1)?["1"]["name"] == "bowl");
    }

    [Fact]
    public async Task Rule_12_a_read_goes_on_when_who_asked_first_goes_and_ends_when_nobody_waits()
    {
        var gate = new ReadGate("\"Items\"");
        await using var shop = await Shop.StartAsync(server, services: gate.Attach);
        await shop.AddItemsAsync(1, "cup");
        var snapshots = shop.App.Services.GetRequiredService<LiveHub.Snapshots.SharedSnapshots>();
        await using var first = await RawClient.ConnectAsync(shop.HubUrl);
        await using var second = await RawClient.ConnectAsync(shop.HubUrl);
        gate.Close();
        await first.SubscribeAsync(1, "Item");
        await gate.Waiting;
        await second.SubscribeAsync(1, "Item");
        await Until.TrueAsync(() => snapshots.Count == (1, 2), () => $"{snapshots.Count}");
        first.Abort();
        await Until.TrueAsync(() => snapshots.Count == (1, 1), () => $"{snapshots.Count}");
        gate.Open();
        await second.UntilAsync(new(), v => v.Rows(1)?.Count == 1);

        gate.Close();
        await using var third = await RawClient.ConnectAsync(shop.HubUrl);
        await third.SubscribeAsync(1, "Item");
        await gate.Waiting;
        third.Abort();
        await Until.TrueAsync(() => snapshots.Count == (0, 0), () => $"{snapshots.Count}");
    }

    [Fact]
    public async Task Rule_12_what_fails_for_the_size_of_what_another_asked_for_is_read_alone()
    {
        var gate = new ReadGate("\"Items\"");
        await using var shop = await Shop.StartAsync(server, o => o.MaxSnapshotBytes = 64 << 10, gate.Attach);
        await shop.AddItemsAsync(1, [.. Enumerable.Range(0, 4).Select(_ => new string('x', 20_000))]);
        await using var first = await RawClient.ConnectAsync(shop.HubUrl);
        await using var second = await RawClient.ConnectAsync(shop.HubUrl);
        gate.Close();
        await first.SendAsync("""{"type":"subscribe","subscriptions":[{"id":1,"entity":"Shelf"},{"id":2,"entity":"Item"}]}""");
        await gate.Waiting;
        await second.SubscribeAsync(1, "Shelf");
        var snapshots = shop.App.Services.GetRequiredService<LiveHub.Snapshots.SharedSnapshots>();
        await Until.TrueAsync(() => snapshots.Count == (2, 3), () => $"{snapshots.Count}");
        gate.Open();
        await second.UntilAsync(new(), v => v.Rows(1)?.Count == 2);
        var refused = await first.UntilAsync(new(), v => v.Errors.Count == 2);
        Assert.All(refused.Errors, e => Assert.Equal("snapshot_too_large", (string?)e["code"]));
    }

    /// <summary>Nobody reads items while it is held.</summary>
    private static async Task<NpgsqlConnection> LockAsync(Shop shop)
    {
        var connection = new NpgsqlConnection(shop.ConnectionString);
        await connection.OpenAsync();
        await new NpgsqlCommand("begin; lock table \"Items\"", connection).ExecuteNonQueryAsync();
        return connection;
    }

    /// <summary>How many statements with a text PostgreSQL has logged of this database's.</summary>
    private static int Logged(Shop shop, string text)
    {
        using var connection = new NpgsqlConnection(shop.ConnectionString);
        connection.Open();
        using var command = new NpgsqlCommand("show data_directory", connection);
        var log = Path.Combine(Path.GetDirectoryName((string)command.ExecuteScalar()!)!, "postgres.log");
        return File.ReadLines(log).Count(line => line.Contains(text, StringComparison.Ordinal));
    }
}
