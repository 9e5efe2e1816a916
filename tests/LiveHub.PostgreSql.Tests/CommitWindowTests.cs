using System.Transactions;
using LiveHub.Backplane;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.PostgreSql.Tests;

/// <summary>Rule 9: what a snapshot shows is in the log before it enters, however its transaction ended.</summary>
public sealed class CommitWindowTests(PostgresServer server)
{
    [Theory, InlineData("EF Core"), InlineData("ADO.NET"), InlineData("scope")]
    public async Task G5_a_snapshot_that_sees_a_commit_of_this_process_enters_with_the_rest_of_it(string way)
    {
        await using var shop = await Shop.StartAsync(server, live: live => live.UsePostgreSql());
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Shelf");
        var view = await client.UntilAsync(new(), v => v.Rows(1)?.Count == 2);
        var (committed, isRead) = (new TaskCompletionSource(), new ManualResetEventSlim());
        var saving = Task.Run(() => SaveAsync(shop, way, committed, isRead));
        await committed.Task;
        await client.SubscribeAsync(2, "Item");
        await client.UntilAsync(view, v => v.Rows(2) is not null);
        Assert.Equal((3, 1), (view.Rows(1)!.Count, view.Rows(2)!.Count));
        isRead.Set();
        await saving;
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task G5_a_snapshot_that_sees_a_command_which_commits_by_itself_waits_until_it_is_in_the_log(bool bulk)
    {
        var log = new LateLog();
        await using var shop = await Shop.StartAsync(
            server,
            services: services => services.AddSingleton<IBackplane>(s => log.Around(ActivatorUtilities.CreateInstance<MemoryBackplane>(s))),
            live: live => live.UsePostgreSql());
        await shop.AddItemsAsync(1, "cup");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null);
        var committed = new TaskCompletionSource();
        log.OnAppend = () =>
        {
            committed.TrySetResult();

            // It is on its way to the log until the snapshot that sees it waits for it.
            SpinWait.SpinUntil(shop.IsSnapshotTaken, TimeSpan.FromSeconds(20));
        };
        var saving = Task.Run(() => bulk
            ? shop.WithDbAsync(db => db.Items.ExecuteUpdateAsync(set => set.SetProperty(i => i.Name, "bowl")))
            : shop.RenameAsync(1, "bowl"));
        await committed.Task;
        await client.SubscribeAsync(2, "Item", ",\"keys\":[1]");
        await client.UntilAsync(view, v => v.Rows(2) is not null);
        Assert.Equal(("bowl", "bowl"), ((string?)view.Rows(1)!["1"]["name"], (string?)view.Rows(2)!["1"]["name"]));
        await saving;
    }

    private static async Task SaveAsync(Shop shop, string way, TaskCompletionSource committed, ManualResetEventSlim isRead)
    {
        switch (way)
        {
            case "EF Core":
                await shop.WithDbAsync(async db =>
                {
                    await using var transaction = await db.Database.BeginTransactionAsync();
                    await SaveAsync(db);
                    await transaction.CommitAsync();
                });
                break;
            case "ADO.NET":
                await shop.InAdoTransactionAsync(async (db, transaction) =>
                {
                    await SaveAsync(db);

                    // Until whoever asks for its end asks seldom.
                    await Task.Delay(1_000);
                    await transaction.CommitAsync();
                });
                break;
            default:
                using (var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
                {
                    // Who hears of the end first may take its time.
                    Transaction.Current!.TransactionCompleted += (_, _) =>
                    {
                        committed.SetResult();
                        isRead.Wait(TimeSpan.FromSeconds(20));
                    };
                    await shop.WithDbAsync(SaveAsync);
                    scope.Complete();
                }

                break;
        }

        committed.TrySetResult();
    }

    private static Task SaveAsync(ShopDb db)
    {
        db.Add(new Item { Shelf = new Shelf { Name = "third" }, Name = "cup" });
        return db.SaveChangesAsync();
    }
}
