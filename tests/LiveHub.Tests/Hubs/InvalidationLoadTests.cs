using System.Globalization;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Tests.Hubs;

/// <summary>Saves, raw SQL and reads that race.</summary>
public sealed class InvalidationLoadTests(PostgresServer server)
{
    private const int Writers = 3;
    private const int Rows = 4;
    private const int Writes = 120;

    [Fact]
    public async Task G10_while_saves_and_raw_SQL_race_no_row_goes_back_and_at_rest_every_collection_equals_its_SQL()
    {
        await using var shop = await Shop.StartAsync(server);
        var live = shop.Live;
        await shop.WithDbAsync(async db =>
        {
            db.Prices.AddRange(Enumerable.Range(1, Writers * Rows).Select(i => new Price { ItemId = i, Currency = "EUR" }));
            db.Items.AddRange(Enumerable.Range(1, Writers * Rows).Select(_ => new Item { ShelfId = 1 }));
            await db.SaveChangesAsync();
        });
        using var stop = new CancellationTokenSource();
        var seed = Random.Shared.Next();
        var viewers = Enumerable.Range(0, 6).Select(i => Task.Run(() => WatchAsync(shop, i, seed, stop.Token))).ToList();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(w => Task.Run(() => WriteAsync(shop, live, new(seed + w), w))));
        await stop.CancelAsync();

        var prices = await shop.WithDbAsync(db => db.Prices.AsNoTracking().ToListAsync());
        var items = await shop.WithDbAsync(db => db.Items.AsNoTracking().ToListAsync());
        await shop.WithDbAsync(async db =>
        {
            db.Prices.Add(new() { ItemId = 0, Currency = "END" });
            await db.SaveChangesAsync();
        });
        foreach (var (client, view) in await Task.WhenAll(viewers))
        {
            await client.UntilAsync(view, v => v.Rows(1)!.ContainsKey("0,\"END\"") && v.Rows(4) is not null);
            Assert.Empty(view.Errors);
            Assert.Equal(prices.Select(p => ($"{p.ItemId}", p.Cents)).Order(), Cents(view).Where(c => c.Key[0] != '0').Select(c => (c.Key.Split(',')[0], c.Cents)).Order());
            Assert.Equal(items.Where(i => i.ShelfId == 1).Select(Show).Order(), view.Rows(2)!.Values.Select(Show).Order());
            Assert.Equal(items.Where(i => i.ShelfId == 2).Select(Show).Order(), view.Rows(3)!.Values.Select(Show).Order());
            Assert.Equal(items.Where(i => i.Id is 1 or 2).Select(Show).Order(), view.Rows(4)!.Values.Select(Show).Order());
            await client.DisposeAsync();
        }

        static (int Id, int Shelf, string Name) Show(object row) => row is Item item
            ? (item.Id, item.ShelfId, item.Name)
            : row is System.Text.Json.Nodes.JsonObject json ? ((int)json["id"]!, (int)json["shelfId"]!, (string)json["name"]!) : default;
    }

    private static async Task<(RawClient Client, RawView View)> WatchAsync(Shop shop, int viewer, int seed, CancellationToken stop)
    {
        var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Price");
        await client.SubscribeAsync(2, "Item", ",\"where\":{\"shelfId\":1}");
        await client.SubscribeAsync(3, "Item", ",\"where\":{\"shelfId\":2}");
        await client.SubscribeAsync(4, "Item", ",\"keys\":[1,2]");
        var view = new RawView();
        var most = new Dictionary<string, long>();
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            view.Apply(await client.NextAsync());
            if (i % 50 == viewer && view.Rows(4) is not null)
            {
                await client.SendAsync("""{"type":"unsubscribe","ids":[4]}""");
                await client.SubscribeAsync(4, "Item", ",\"keys\":[1,2]");
            }

            foreach (var (key, cents) in Cents(view))
            {
                Assert.True(cents >= most.GetValueOrDefault(key), $"{key} went back from {most.GetValueOrDefault(key)} to {cents} (seed {seed}).");
                most[key] = cents;
            }
        }

        return (client, view);
    }

    private static IEnumerable<(string Key, long Cents)> Cents(RawView view)
        => (view.Rows(1) ?? new Dictionary<string, System.Text.Json.Nodes.JsonObject>()).Select(r => (r.Key, long.Parse((string)r.Value["cents"]!, CultureInfo.InvariantCulture)));

    /// <summary>Counts prices up and moves items, by saving and by raw SQL; each writer on rows of its own.</summary>
    private static async Task WriteAsync(Shop shop, ILiveHub live, Random random, int writer)
    {
        for (var i = 0; i < Writes; i++)
        {
            var row = (writer * Rows) + random.Next(1, Rows + 1);
            switch (random.Next(5))
            {
                case 0:
                    await PostgresServer.ExecuteAsync(shop.ConnectionString, $"""update "Prices" set "Cents" = "Cents" + 1 where "ItemId" = {row}""");
                    await live.InvalidateAsync<Price>(p => p.ItemId == row, CancellationToken.None);
                    break;
                case 1:
                    await PostgresServer.ExecuteAsync(shop.ConnectionString, $"""update "Items" set "ShelfId" = 3 - "ShelfId", "Name" = '{random.Next()}' where "Id" = {row}""");
                    await live.InvalidateAsync<Item>([row], CancellationToken.None);
                    break;
                case 2:
                    await PostgresServer.ExecuteAsync(shop.ConnectionString, $"""update "Items" set "Name" = '{random.Next()}' where "Id" = {row}""");
                    await live.InvalidateAsync<Item>(CancellationToken.None);
                    break;
                default:
                    await shop.WithDbAsync(async db =>
                    {
                        (await db.Prices.SingleAsync(p => p.ItemId == row, CancellationToken.None)).Cents++;
                        var item = await db.Items.SingleAsync(own => own.Id == row, CancellationToken.None);
                        (item.ShelfId, item.Name) = (random.Next(1, 3), $"{random.Next()}");
                        await db.SaveChangesAsync(CancellationToken.None);
                    });
                    break;
            }
        }
    }
}
