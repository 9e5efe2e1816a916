using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using LiveHub.Diagnostics;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LiveHub.Tests.Hubs;

public sealed class MetricsTests(PostgresServer server)
{
    [Fact]
    public async Task The_meter_follows_connections_subscriptions_changesets_and_rows()
    {
        await using var shop = await Shop.StartAsync(server);
        using var measured = new Measured(shop.App.Services);
        await shop.AddItemsAsync(1, "cup", "fork");
        await using (var client = await RawClient.ConnectAsync(shop.HubUrl))
        {
            await client.SendAsync("""{"type":"subscribe","subscriptions":[{"id":1,"entity":"Item"},{"id":2,"entity":"Shelf"},{"id":3,"entity":"Item"}]}""");
            var view = await client.UntilAsync(new(), v => v.Rows(3) is not null);
            await Until.TrueAsync(() => measured["livehub.rows.sent"] == 4, measured.ToString);
            Assert.Equal((1, 3), (measured["livehub.connections"], measured["livehub.subscriptions"]));

            await shop.RenameAsync(1, "bowl");
            await client.UntilAsync(view, v => (string?)v.Rows(1)!["1"]["name"] == "bowl");
            await Until.TrueAsync(() => measured["livehub.rows.sent"] == 5, measured.ToString);
            await Until.TrueAsync(() => (measured["livehub.changesets"], measured["livehub.lag"], measured["livehub.queue.bytes"]) == (3, 3, 0), measured.ToString);

            await client.SendAsync("""{"type":"unsubscribe","ids":[1]}""");
            await Until.TrueAsync(() => measured["livehub.subscriptions"] == 2, measured.ToString);
        }

        await Until.TrueAsync(() => measured["livehub.connections"] == 0, measured.ToString);
        Assert.Equal((0, 0), (measured["livehub.subscriptions"], measured["livehub.resets slow"] + measured["livehub.resets log"]));
    }

    [Fact]
    public async Task Connections_that_start_again_are_counted_and_logged_with_the_reason()
    {
        using var log = new LogLines();
        await using var shop = await Shop.StartAsync(server, services: services => services.AddSingleton<ILoggerProvider>(log));
        using var measured = new Measured(shop.App.Services);
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        shop.Log.BeginEpoch();
        await Until.TrueAsync(() => measured["livehub.resets log"] == 1, measured.ToString);
        await Until.TrueAsync(() => measured["livehub.connections"] == 0, measured.ToString);
        Assert.Contains("is disconnected, because the log begins anew;", Assert.Single(log.Texts, t => t.Contains("is disconnected", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listener_that_throws_stops_nothing_and_is_told_of_once()
    {
        using var log = new LogLines();
        await using var shop = await Shop.StartAsync(server, services: services => services.AddSingleton<ILoggerProvider>(log));
        var heard = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        using var listener = Throwing(shop.App.Services.GetRequiredService<IMeterFactory>(), heard);
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Shelf");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null);
        foreach (var name in new[] { "middle", "lowest" })
        {
            await shop.WithDbAsync(async db =>
            {
                (await db.Shelves.SingleAsync(s => s.Id == 2)).Name = name;
                await db.SaveChangesAsync();
            });
            await client.UntilAsync(view, v => (string?)v.Rows(1)!["2"]["name"] == name);
        }

        await PostgresServer.ExecuteAsync(shop.ConnectionString, "drop table \"Prices\"");
        await client.SubscribeAsync(2, "Price");
        await client.UntilAsync(view, v => v.Errors.Count > 0);
        Assert.Equal("snapshot_failed", (string?)view.Errors[0]["code"]);
        shop.Log.BeginEpoch();
        await client.Closed.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        await using var next = await RawClient.ConnectAsync(shop.HubUrl);
        Assert.Equal(
            ["changesets", "connections", "failures", "lag", "queue.bytes", "resets", "rows.sent", "subscriptions"],
            heard.Keys.Select(name => name["livehub.".Length..]).Order(StringComparer.Ordinal));
        Assert.Single(log.Events, 18);
    }

    /// <summary>Of this application's meter alone: one that also heard Kestrel's and Npgsql's would stop these.</summary>
    private static MeterListener Throwing(IMeterFactory factory, ConcurrentDictionary<string, bool> heard)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == factory && instrument.Meter.Name == LiveHubMetrics.MeterName)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, _, _) => Throw(instrument));
        listener.SetMeasurementEventCallback<double>((instrument, _, _, _) => Throw(instrument));
        listener.Start();
        return listener;

        void Throw(Instrument instrument)
        {
            heard[instrument.Name] = true;
            throw new InvalidOperationException("This listener throws.");
        }
    }
}
