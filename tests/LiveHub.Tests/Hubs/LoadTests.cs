using System.Collections.Concurrent;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Tests.Hubs;

public sealed class LoadTests(PostgresServer server)
{
    /// <summary>Accounts of the bank: transactions move money between them, so that their sum tells whether one was seen whole.</summary>
    private const int Accounts = 12;

    [Fact]
    public async Task G3_G5_subscribing_under_load_misses_nothing_and_shows_no_half_transaction()
    {
        await using var shop = await Shop.StartAsync(server);
        await shop.WithDbAsync(async db =>
        {
            db.Prices.AddRange(Enumerable.Range(1, Accounts).Select(i => new Price { ItemId = i, Currency = "EUR", Cents = 100 }));
            await db.SaveChangesAsync();
        });
        using var stop = new CancellationTokenSource();
        var seed = Random.Shared.Next();
        var writers = Enumerable.Range(0, 4).Select(w => Task.Run(() => WriteAsync(shop, new(seed + w), w, stop.Token))).ToList();
        var views = new ConcurrentBag<(RawClient Client, RawView View)>();
        await Parallel.ForEachAsync(Enumerable.Range(0, 60), new ParallelOptions { MaxDegreeOfParallelism = 12 }, async (i, _) =>
        {
            var client = await RawClient.ConnectAsync(shop.HubUrl);
            await client.SubscribeAsync(1, "Price");
            await client.SubscribeAsync(2, "Item", $",\"where\":{{\"shelfId\":{1 + (i % 2)}}}");
            await client.SubscribeAsync(3, "Item", ",\"columns\":[\"name\"]");
            var view = await client.UntilAsync(new(), v => IsWhole(v, seed) && v.Rows(1) is not null && v.Rows(2) is not null && v.Rows(3) is not null);
            await client.UntilAsync(view, v => IsWhole(v, seed) && v.Steps > 30);
            views.Add((client, view));
        });
        await stop.CancelAsync();
        await Task.WhenAll(writers);

        var items = await shop.WithDbAsync(db => db.Items.AsNoTracking().ToListAsync());
        var prices = await shop.WithDbAsync(db => db.Prices.AsNoTracking().ToListAsync());
        var end = (await shop.Log.ReadHeadAsync(default)).Offset;
        Assert.True(end > 100, "Too little was written for this to show anything.");
        await shop.WithDbAsync(async db =>
        {
            db.Prices.Add(new() { ItemId = 1000, Currency = "END", Cents = 0 });
            await db.SaveChangesAsync();
        });
        foreach (var (client, view) in views)
        {
            await client.UntilAsync(view, v => v.Rows(1)!.ContainsKey("1000,\"END\""));
            Assert.Equal(prices.Count + 1, view.Rows(1)!.Count);
            Assert.All(prices, p => Assert.Equal($"{p.Cents}", (string?)view.Rows(1)![$"{p.ItemId},\"EUR\""]["cents"]));
            Assert.Equal(items.Select(i => (i.Id, i.Name)).Order(), view.Rows(3)!.Values.Select(r => ((int)r["id"]!, (string)r["name"]!)).Order());
            var shelf = view.Rows(2)!.Values.Select(r => (int)r["shelfId"]!).FirstOrDefault(1);
            Assert.Equal(items.Where(i => i.ShelfId == shelf).Select(i => (i.Id, i.Name)).Order(),
                view.Rows(2)!.Values.Select(r => ((int)r["id"]!, (string)r["name"]!)).Order());
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task G5_a_pump_that_is_woken_while_a_changeset_is_routed_writes_no_half_of_it()
    {
        const int shapes = 200, rows = 200, changesets = 20;
        await using var shop = await Shop.StartAsync(server, o => o.MaxQueuedRows = 1_000_000);
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        for (var i = 1; i <= shapes; i++)
        {
            await client.SubscribeAsync(i, "Item", $",\"where\":{{\"shelfId\":{{\"in\":[1,{i + 100}]}}}}");
        }

        var view = await client.UntilAsync(new(), v => Enumerable.Range(1, shapes).All(id => v.Rows(id) is not null));
        var before = view.Steps;
        using var stop = new CancellationTokenSource();
        var waking = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await client.SendAsync("""{"type":"unsubscribe","ids":[999]}""");
            }
        });
        for (var n = 0; n < changesets; n++)
        {
            await shop.WithDbAsync(async db =>
            {
                db.Items.AddRange(Enumerable.Range(0, rows).Select(i => new Item { ShelfId = 1, Name = $"item {n} {i}" }));
                await db.SaveChangesAsync();
            });
        }

        await client.UntilAsync(view, v => v.Rows(shapes)!.Count == changesets * rows && v.Rows(1)!.Count == changesets * rows);
        await stop.CancelAsync();
        await waking;
        Assert.Equal(changesets, view.Steps - before);
    }

    [Fact]
    public async Task Rule_18_a_large_changeset_comes_in_parts_of_at_most_32_kB_and_is_one_step()
    {
        await using var shop = await Shop.StartAsync(server);
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null);
        await shop.WithDbAsync(async db =>
        {
            db.Items.AddRange(Enumerable.Range(0, 3000).Select(i => new Item { ShelfId = 1, Name = $"item {i}" }));
            await db.SaveChangesAsync();
        });
        view = await client.UntilAsync(view, v => v.Steps == 2);
        Assert.Equal(3000, view.Rows(1)!.Count);
        Assert.True(client.Frames.Count > 5);
        Assert.All(client.Frames, f => Assert.True(f.Length <= 32 * 1024));

        await using var second = await RawClient.ConnectAsync(shop.HubUrl);
        await second.SubscribeAsync(1, "Item");
        var snapshot = await second.UntilAsync(new(), v => v.Rows(1) is not null && v.Steps == 1);
        Assert.Equal(3000, snapshot.Rows(1)!.Count);
        Assert.All(second.Frames, f => Assert.True(f.Length <= 32 * 1024));
    }

    [Fact]
    public async Task G9_a_client_that_does_not_read_is_let_go_and_costs_nobody_else_anything()
    {
        await using var shop = await Shop.StartAsync(server, o => o.MaxQueuedRows = 200);
        using var measured = new Measured(shop.App.Services);
        await using var stuck = await RawClient.ConnectAsync(shop.HubUrl, read: false);
        await stuck.SubscribeAsync(1, "Item");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item", ",\"columns\":[\"done\"]");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null);
        await Until.TrueAsync(() => shop.Router.Count() == (2, 2), () => "the stuck client has not subscribed");

        var name = new string('x', 20_000);
        for (var i = 0; shop.Router.Count().Connections == 2; i++)
        {
            Assert.True(i < 2_000, "the stuck client was never let go");
            await shop.AddItemsAsync(1, name);
        }

        var count = await shop.WithDbAsync(db => db.Items.CountAsync());
        await client.UntilAsync(view, v => v.Rows(1)!.Count == count);
        Assert.Equal((1, 1), shop.Router.Count());
        Assert.Equal((1, 0), (measured["livehub.resets slow"], measured["livehub.resets log"]));
    }

    [Fact]
    public async Task G9_a_client_that_does_not_read_has_one_snapshot_read_for_it_and_no_more()
    {
        var reads = new CommandCounter();
        await using var shop = await Shop.StartAsync(server, services: s => s.ConfigureDbContext<ShopDb>(o => o.AddInterceptors(reads)));
        await shop.AddItemsAsync(1, [.. Enumerable.Range(0, 40).Select(_ => new string('x', 50_000))]);
        await using var stuck = await RawClient.ConnectAsync(shop.HubUrl, read: false);
        reads.Reset();
        for (var id = 1; id <= 100; id++)
        {
            await stuck.SubscribeAsync(id, "Item");
        }

        await Until.TrueAsync(() => reads.Count("Items") > 0, () => "the stuck client is not served");

        // Others are served meanwhile, oftener than all that the stuck one asked for would take.
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        var view = new RawView();
        for (var id = 1; id <= 300; id++)
        {
            await client.SubscribeAsync(id, "Shelf");
            await client.UntilAsync(view, v => v.Rows(id) is not null);
        }

        // What the sockets' own buffers take is read, and one more.
        Assert.InRange(reads.Count("Items"), 1, 20);
    }

    private static bool IsWhole(RawView view, int seed)
    {
        if (view.Rows(1) is { } accounts)
        {
            var sum = accounts.Values.Sum(r => long.Parse((string)r["cents"]!, System.Globalization.CultureInfo.InvariantCulture));
            Assert.True(sum == Accounts * 100, $"half a transaction was seen (seed {seed}): the sum is {sum}");
        }

        return true;
    }

    /// <summary>Moves money between accounts, and items between shelves, each writer on rows of its own.</summary>
    private static async Task WriteAsync(Shop shop, Random random, int writer, CancellationToken stop)
    {
        var own = Enumerable.Range(1, Accounts).Where(i => i % 4 == writer).ToArray();
        while (!stop.IsCancellationRequested)
        {
            await shop.WithDbAsync(async db =>
            {
                await using var transaction = await db.Database.BeginTransactionAsync(CancellationToken.None);
                var accounts = await db.Prices.Where(p => own.Contains(p.ItemId)).ToListAsync(CancellationToken.None);
                var amount = random.Next(1, 10);
                accounts[random.Next(accounts.Count)].Cents -= amount;
                await db.SaveChangesAsync(CancellationToken.None);
                accounts[random.Next(accounts.Count)].Cents += amount;
                var items = await db.Items.Where(i => i.OwnerId == writer).ToListAsync(CancellationToken.None);
                switch (random.Next(items.Count < 5 ? 1 : 4))
                {
                    case 0:
                        db.Items.Add(new() { OwnerId = writer, ShelfId = random.Next(1, 3), Name = $"{random.Next()}" });
                        break;
                    case 1:
                        items[0].ShelfId = 3 - items[0].ShelfId;
                        break;
                    case 2:
                        items[1].Name = $"{random.Next()}";
                        break;
                    default:
                        db.Remove(items[2]);
                        break;
                }

                await db.SaveChangesAsync(CancellationToken.None);
                if (random.Next(5) == 0)
                {
                    await transaction.RollbackAsync(CancellationToken.None);
                }
                else
                {
                    await transaction.CommitAsync(CancellationToken.None);
                }
            });
        }
    }
}
