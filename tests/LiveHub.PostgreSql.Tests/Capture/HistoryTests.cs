using LiveHub.Capture;
using LiveHub.Model;
using LiveHub.Tests.Capture;
using LiveHub.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>Rule 8: versions and transaction ids belong to one history of one database.</summary>
public sealed class HistoryTests(PostgresServer server)
{
    [Fact]
    public async Task Rule_8_a_database_that_is_replaced_under_a_running_server_begins_a_new_epoch_and_everybody_anew()
    {
        await using var shop = await Shop.StartAsync(server, live: live => live.UsePostgreSql());
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Shelf");
        await client.UntilAsync(new RawView(), view => view.Rows(1) is not null);
        var epoch = shop.Log.Epoch;
        await shop.AddItemsAsync(1, "before");
        Assert.Equal(epoch, shop.Log.Epoch);

        await server.ReplaceDatabaseAsync(shop.ConnectionString);
        await shop.AddItemsAsync(1, "after");

        Assert.NotEqual(epoch, shop.Log.Epoch);
        await Until.TrueAsync(() => shop.Router.Count().Connections == 0, () => "the connection goes on in the old epoch");
        var log = await LogOf.StartAsync(shop);
        await shop.AddItemsAsync(1, "later");
        Assert.Single(await log.ReadAsync());
        await using var again = await RawClient.ConnectAsync(shop.HubUrl);
        await again.SubscribeAsync(1, "Item");
        await again.UntilAsync(new RawView(), view => view.Rows(1)?.Count == 3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rule_8_a_database_that_stands_before_what_it_has_committed_is_another_whatever_it_calls_itself(bool inTransaction)
    {
        await using var shop = await Shop.StartAsync(server, live: live => live.UsePostgreSql());
        var log = await LogOf.StartAsync(shop);
        await shop.WithDbAsync(async db =>
        {
            await using var transaction = inTransaction ? await db.Database.BeginTransactionAsync() : null;
            db.Items.Add(new() { ShelfId = 1, Name = "cup" });
            await db.SaveChangesAsync();
            await (transaction?.CommitAsync() ?? Task.CompletedTask);
        });
        var version = (await log.ReadEntriesAsync()).Single().Changeset.Changes.Single().Version;

        // What a connection is told that is opened after a copy of the data was put back: older than what was published, not than when connections were opened.
        var histories = shop.App.Services.GetRequiredService<DatabaseHistories>();
        var database = DatabaseName.Of(new NpgsqlConnection(shop.ConnectionString));
        var (history, epoch) = (histories.HistoryOf(database)!, shop.Log.Epoch);
        histories.Observe(database, history, version - 1, histories.VersionOf(database));
        Assert.NotEqual(epoch, shop.Log.Epoch);
    }
}
