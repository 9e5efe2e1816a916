using LiveHub.Backplane;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.PostgreSql.Tests;

/// <summary>Subscriptions that start while others write as fast as they can.</summary>
public sealed class StartUnderLoadTests(PostgresServer server)
{
    private const int Writers = 4, ItemsAWriter = 10, Shelves = 4, Connections = 25, SubscriptionsAConnection = 40;

    [Fact]
    public async Task S1_G3_of_a_thousand_subscriptions_that_start_under_load_none_misses_a_change_and_none_is_given_one_twice()
    {
        await using var shop = await Shop.StartAsync(server, o => o.MaxQueuedRows = 1_000_000, live: live => live.UsePostgreSql());
        await shop.WithDbAsync(async db =>
        {
            db.Shelves.AddRange(Enumerable.Range(3, Shelves - 2).Select(i => new Shelf { Name = $"shelf {i}" }));
            await db.SaveChangesAsync();
            db.Items.AddRange(Enumerable.Range(0, Writers * ItemsAWriter).Select(i => new Item { ShelfId = 1 + (i % Shelves), Name = $"writer {i % Writers}", OwnerId = 0 }));
            await db.SaveChangesAsync();
        });
        var ids = await shop.WithDbAsync(db => db.Items.AsNoTracking().OrderBy(i => i.Id).ToListAsync());
        var seed = Random.Shared.Next();
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, Writers).Select(w => Task.Run(() => WriteAsync(shop, [.. ids.Where(i => i.Name == $"writer {w}").Select(i => i.Id)], new(seed + w), stop.Token))).ToList();

        var started = new List<(RawClient Client, CountingView View, List<Func<Item, bool>> Shows)>();
        await Parallel.ForEachAsync(Enumerable.Range(0, Connections), new ParallelOptions { MaxDegreeOfParallelism = 10 }, async (n, _) =>
        {
            var random = new Random(seed + 1000 + n);
            var client = await RawClient.ConnectAsync(shop.HubUrl);
            var view = new CountingView();
            var shows = new List<Func<Item, bool>>();
            for (var id = 1; id <= SubscriptionsAConnection; id++)
            {
                var (rest, matches) = Any(random, ids);
                shows.Add(matches);
                await client.SubscribeAsync(id, "Item", $"{rest},\"columns\":[\"ownerId\"{(random.Next(2) == 0 ? ",\"shelfId\"" : "")}]");
                if (random.Next(2) == 0)
                {
                    await ReadAsync(client, view, () => view.Counts(id) is not null);
                }
            }

            await ReadAsync(client, view, () => Enumerable.Range(1, SubscriptionsAConnection).All(id => view.Counts(id) is not null));
            lock (started)
            {
                started.Add((client, view, shows));
            }
        });
        await stop.CancelAsync();
        var written = (await Task.WhenAll(writers)).Sum();

        // What everybody sees tells that nothing is on its way any more.
        var items = await shop.WithDbAsync(async db =>
        {
            var all = await db.Items.ToListAsync();
            all.ForEach(i => i.OwnerId++);
            await db.SaveChangesAsync();
            return all;
        });
        var head = (await shop.Log.ReadHeadAsync(default)).Offset;
        foreach (var (client, view, shows) in started)
        {
            await ReadAsync(client, view, () => view.Offset >= head);
            Assert.True(view.Faults.Count == 0, $"seed {seed}: {string.Join('\n', view.Faults.Take(5))}");
            for (var id = 1; id <= SubscriptionsAConnection; id++)
            {
                Assert.Equal(items.Where(shows[id - 1]).Select(i => (i.Id, i.OwnerId!.Value)).Order(), view.Counts(id)!.Select(c => (c.Key, c.Value)).Order());
            }

            await client.DisposeAsync();
        }

        Assert.True(written > 200 && started.Sum(s => s.View.Changes.Applied) > 10 * written && started.Sum(s => s.View.Joined) > 100,
            $"Too little happened for this to show anything: {written} writes, {started.Sum(s => s.View.Changes.Applied)} changes applied, {started.Sum(s => s.View.Joined)} with a snapshot.");
    }

    /// <summary>A subscription, and which items it shows.</summary>
    private static (string Asked, Func<Item, bool> Matches) Any(Random random, List<Item> items)
    {
        switch (random.Next(3))
        {
            case 0:
                var shelf = 1 + random.Next(Shelves);
                return ($",\"where\":{{\"shelfId\":{shelf}}}", i => i.ShelfId == shelf);
            case 1:
                var keys = items.Select(i => i.Id).Where(_ => random.Next(3) == 0).Append(items[0].Id).ToHashSet();
                return ($",\"keys\":[{string.Join(',', keys)}]", i => keys.Contains(i.Id));
            default:
                return ("", _ => true);
        }
    }

    /// <summary>Each change of an item counts it one up; every fifth moves it, every third comes with another in one transaction.</summary>
    /// <returns>How many changes were made.</returns>
    private static async Task<int> WriteAsync(Shop shop, int[] own, Random random, CancellationToken stop)
    {
        var written = 0;
        while (!stop.IsCancellationRequested)
        {
            written += await shop.WithDbAsync(async db =>
            {
                var some = random.GetItems(own, random.Next(3) == 0 ? 2 : 1);
                foreach (var item in await db.Items.Where(i => some.Contains(i.Id)).ToListAsync(CancellationToken.None))
                {
                    item.OwnerId++;
                    item.ShelfId = random.Next(5) == 0 ? 1 + random.Next(Shelves) : item.ShelfId;
                }

                return await db.SaveChangesAsync(CancellationToken.None);
            });
        }

        return written;
    }

    private static async Task ReadAsync(RawClient client, CountingView view, Func<bool> reached)
    {
        while (!reached())
        {
            view.Apply(await client.NextAsync());
        }
    }
}
