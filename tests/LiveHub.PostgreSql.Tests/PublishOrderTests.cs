using LiveHub.Backplane;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.PostgreSql.Tests;

/// <summary>What a transaction has done to a row shows in whatever is written to the row after it: the rest of it has to come first.</summary>
public sealed class PublishOrderTests(PostgresServer server)
{
    [Theory, InlineData(true), InlineData(false)]
    public async Task G5_a_change_of_a_row_whose_last_transaction_is_on_its_way_to_the_log_comes_after_it(bool inTransaction)
    {
        var log = new LateLog();
        await using var shop = await Shop.StartAsync(
            server,
            services: services => services.AddSingleton<IBackplane>(s => log.Around(ActivatorUtilities.CreateInstance<MemoryBackplane>(s))),
            live: live => live.UsePostgreSql());
        await shop.AddItemsAsync(1, "cup");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item");
        await client.SubscribeAsync(2, "Shelf");
        var view = await client.UntilAsync(new(), v => v.Rows(1)?.Count == 1 && v.Rows(2)?.Count == 2);

        using var goesOn = new ManualResetEventSlim();
        var committed = new TaskCompletionSource();
        log.OnAppend = () =>
        {
            log.OnAppend = () => { };
            committed.SetResult();
            goesOn.Wait(TimeSpan.FromSeconds(20));
        };
        var first = Task.Run(() => ChangeAsync(shop, "mug", shelf: "third", inTransaction: true));
        await committed.Task;
        await ChangeAsync(shop, "mug with a handle", shelf: null, inTransaction);
        await ChangeAsync(shop, "mug with two handles", shelf: null, inTransaction);
        await shop.AddShelfAsync("unconcerned");
        await client.UntilAsync(view, v => v.Rows(2)!.Count == 3);
        Assert.Equal("cup", (string?)view.Rows(1)!["1"]["name"]);

        goesOn.Set();
        await first;
        await client.UntilAsync(view, v => (string?)v.Rows(1)!["1"]["name"] != "cup");
        Assert.Equal(4, view.Rows(2)!.Count);
        await client.UntilAsync(view, v => (string?)v.Rows(1)!["1"]["name"] == "mug with two handles");
    }

    private static Task ChangeAsync(Shop shop, string name, string? shelf, bool inTransaction) => shop.WithDbAsync(async db =>
    {
        await using var transaction = inTransaction ? await db.Database.BeginTransactionAsync() : null;
        (await db.Items.SingleAsync()).Name = name;
        if (shelf is not null)
        {
            db.Add(new Shelf { Name = shelf });
        }

        await db.SaveChangesAsync();
        if (transaction is not null)
        {
            await transaction.CommitAsync();
        }
    });
}
