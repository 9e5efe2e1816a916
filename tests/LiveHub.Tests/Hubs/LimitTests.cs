using System.Text.Json.Nodes;
using LiveHub.Hubs;
using LiveHub.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LiveHub.Tests.Hubs;

/// <summary>G12: whatever a client can make grow has a limit.</summary>
public sealed class LimitTests(PostgresServer server)
{
    [Fact]
    public async Task G12_who_does_not_read_its_answers_is_not_listened_to_until_it_does()
    {
        // SignalR gives up a client that has taken nothing for 10 s, which a busy machine may need.
        await using var shop = await Shop.StartAsync(server, map: app => app.MapLiveHub("/live", o => o.TransportSendTimeout = TimeSpan.FromMinutes(5)));
        using var measured = new Measured(shop.App.Services);
        await using var client = await RawClient.ConnectAsync(shop.HubUrl, read: false);
        const int refusedInEach = 3_000;
        var refused = string.Join(',', Enumerable.Repeat("""{"id":1,"entity":"No"}""", refusedInEach));
        var sent = 0;
        var sending = Task.CompletedTask;

        // Until the sockets' own buffers are full, and nothing moves any more. The last message may be stuck in them.
        for (var still = 0; still < 20;)
        {
            var waiting = measured["livehub.queue.bytes"];
            Assert.InRange(waiting, 0, Replies.MaxBytes + 4096);
            still = waiting < Replies.MaxBytes ? 0 : still + 1;
            if (still == 0 && sending.IsCompleted)
            {
                Assert.True(++sent < 1_000, "The answers never wait.");
                await sending;
                sending = client.SendAsync($$"""{"type":"subscribe","subscriptions":[{{refused}}]}""");
            }

            await Task.Delay(10);
        }

        await using var other = await RawClient.ConnectAsync(shop.HubUrl);
        await other.SubscribeAsync(1, "Shelf");
        await other.UntilAsync(new(), v => v.Rows(1) is not null);

        // Nothing is lost.
        client.Read();
        await sending;
        Assert.Equal("welcome", (string?)(await client.NextAsync())["type"]);
        for (var i = 0; i < sent * refusedInEach; i++)
        {
            Assert.Equal("unknown_entity", (string?)(await client.NextAsync())["code"]);
            if (i % 1_000 == 0)
            {
                // As SignalR's clients do: on a busy machine this takes longer than a silent client is kept.
                await client.SendTextAsync("{\"type\":6}");
            }
        }

        await Until.TrueAsync(() => measured["livehub.queue.bytes"] == 0, measured.ToString);
    }

    [Fact]
    public async Task G12_a_client_that_goes_while_it_is_not_listened_to_leaves_nothing_behind()
    {
        await using var shop = await Shop.StartAsync(server);
        using var measured = new Measured(shop.App.Services);
        var client = await RawClient.ConnectAsync(shop.HubUrl, read: false);
        var refused = string.Join(',', Enumerable.Repeat("""{"id":1,"entity":"No"}""", 4_000));
        var sending = Task.Run(async () =>
        {
            while (true)
            {
                await client.SendAsync($$"""{"type":"subscribe","subscriptions":[{{refused}}]}""");
            }
        });
        await Until.TrueAsync(() => measured["livehub.queue.bytes"] >= Replies.MaxBytes, measured.ToString);
        client.Abort();
        await Assert.ThrowsAnyAsync<Exception>(() => sending);
        await Until.TrueAsync(() => (measured["livehub.queue.bytes"], measured["livehub.connections"], shop.Router.Count()) == (0, 0, (0, 0)), measured.ToString);
        await client.DisposeAsync();
    }

    [Fact]
    public async Task G12_who_opens_and_closes_over_and_over_while_rows_are_read_leaves_nothing_waiting()
    {
        var connected = new ConnectedFilter();
        await using var shop = await Shop.StartAsync(server, services: s => s.AddSignalR(o => o.AddFilter(connected)));
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await using var connection = new NpgsqlConnection(shop.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await new NpgsqlCommand("lock table \"Items\"", connection, transaction).ExecuteNonQueryAsync();
        for (var i = 0; i < 2_000; i++)
        {
            await client.SubscribeAsync(1, "Item", $",\"where\":{{\"shelfId\":{i}}}");
            await client.SendAsync("""{"type":"unsubscribe","ids":[1]}""");
        }

        await client.SubscribeAsync(2, "Item");
        var view = new RawView();
        for (JsonObject message; (string?)(message = await client.NextAsync())["type"] != "subscribed" || (int?)message["id"] != 2;)
        {
            view.Apply(message);
        }

        Assert.InRange(connected.Connection!.Waiting, 1, 100);
        await transaction.RollbackAsync();
        while (view.Steps == 0)
        {
            view.Apply(await client.NextAsync());
        }

        Assert.Equal(0, connected.Connection.Waiting);
    }

    [Fact]
    public async Task G12_keys_and_filters_of_a_connection_take_no_more_than_the_limit()
    {
        await using var shop = await Shop.StartAsync(server, o => o.MaxFilterBytesPerConnection = 64 << 10);
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        var view = new RawView();
        var text = $",\"where\":{{\"name\":\"{new string('x', 20_000)}\"}}";
        var keys = $",\"keys\":[{string.Join(',', Enumerable.Range(1, 200))}]";
        await client.SubscribeAsync(1, "Item", text);
        await client.UntilAsync(view, v => v.Rows(1) is not null);
        await RefusedAsync(2, "Item", text.Replace('x', 'y'));
        await RefusedAsync(2, "Item", keys);
        await client.SubscribeAsync(2, "Item", text);
        await client.UntilAsync(view, v => v.Rows(2) is not null);

        await client.SendAsync("""{"type":"unsubscribe","ids":[1,2]}""");
        await client.SubscribeAsync(3, "Item", keys);
        await client.UntilAsync(view, v => v.Rows(3) is not null);
        await RefusedAsync(4, "Item", text);

        async Task RefusedAsync(int id, string entity, string rest)
        {
            await client.SubscribeAsync(id, entity, rest);
            var answer = await client.NextAsync();
            Assert.Equal(("too_many_subscriptions", id), ((string?)answer["code"], (int?)answer["id"]));
            Assert.Contains("65536 bytes", (string?)answer["message"]);
        }
    }

    [Fact]
    public async Task G12_composite_keys_make_a_few_plans_whatever_their_number()
    {
        var reads = new CommandCounter();
        await using var shop = await Shop.StartAsync(server, services: s => s.ConfigureDbContext<ShopDb>(o => o.AddInterceptors(reads)));
        await shop.WithDbAsync(async db =>
        {
            db.Prices.AddRange(Enumerable.Range(1, 40).Select(i => new Price { ItemId = i, Currency = "EUR", Cents = i }));
            await db.SaveChangesAsync();
        });
        reads.Reset();
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        var view = new RawView();
        for (var id = 1; id <= 40; id++)
        {
            await client.SubscribeAsync(id, "Price", $",\"keys\":[{string.Join(',', Enumerable.Range(1, id).Select(i => $"{{\"itemId\":{i},\"currency\":\"EUR\"}}"))}]");
            await client.UntilAsync(view, v => v.Rows(id) is not null);
            Assert.Equal(id, view.Rows(id)!.Count);
        }

        Assert.Equal(7, reads.Distinct("Prices"));
    }

    private sealed class ConnectedFilter : IHubFilter
    {
        internal SyncConnection? Connection { get; private set; }

        public Task OnConnectedAsync(HubLifetimeContext context, Func<HubLifetimeContext, Task> next)
        {
            Connection = context.Context.Features.Get<SyncConnection>();
            return next(context);
        }
    }
}
