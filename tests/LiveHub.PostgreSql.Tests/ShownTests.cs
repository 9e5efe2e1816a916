using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.PostgreSql.Tests;

/// <summary>What clients see of writes that the change tracker does not know or knows wrongly.</summary>
public sealed class ShownTests(PostgresServer server)
{
    [Theory]
    [InlineData("stale")]
    [InlineData("detached")]
    [InlineData("stub")]
    public async Task F4_a_row_that_somebody_else_has_moved_leaves_and_enters_the_right_lists_whoever_saves_it(string kind)
    {
        await using var shop = await Shop.StartAsync(server, live: live => live.UsePostgreSql());
        await shop.AddItemsAsync(1, "cup");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        var view = new RawView();
        await client.SubscribeAsync(1, "Item", ""","where":{"shelfId":1}""");
        await client.SubscribeAsync(2, "Item", ""","where":{"shelfId":2}""");
        await client.UntilAsync(view, v => v.Rows(1)?.Count == 1 && v.Rows(2) is not null);
        await using var scope = shop.App.Services.CreateAsyncScope();
        var stale = scope.ServiceProvider.GetRequiredService<ShopDb>();
        var read = await stale.Items.SingleAsync();
        await shop.WithDbAsync(async db =>
        {
            var item = await db.Items.SingleAsync();
            (item.ShelfId, item.Name) = (2, "mug");
            await db.SaveChangesAsync();
        });

        switch (kind)
        {
            case "stale":
                read.Done = true;
                await stale.SaveChangesAsync();
                await client.UntilAsync(view, v => (bool?)v.Rows(2)!.GetValueOrDefault("1")?["done"] is true);
                Assert.Empty(view.Rows(1)!);
                Assert.Equal(("mug", true), ((string)view.Rows(2)!["1"]["name"]!, (bool)view.Rows(2)!["1"]["done"]!));
                break;
            case "detached":
                await shop.WithDbAsync(db =>
                {
                    db.Update(new Item { Id = 1, ShelfId = 1, Name = "put" });
                    return db.SaveChangesAsync();
                });
                await client.UntilAsync(view, v => (string?)v.Rows(1)!.GetValueOrDefault("1")?["name"] == "put");
                Assert.Empty(view.Rows(2)!);
                break;
            default:
                await shop.WithDbAsync(db =>
                {
                    db.Remove(new Item { Id = 1 });
                    return db.SaveChangesAsync();
                });
                await shop.AddItemsAsync(1, "marker");
                await client.UntilAsync(view, v => v.Rows(1)!.ContainsKey("2"));
                Assert.Empty(view.Rows(2)!);
                break;
        }
    }

    [Fact]
    public async Task G10_bulk_commands_and_what_their_cascades_reach_show_after_the_commit()
    {
        await using var shop = await Shop.StartAsync(server, live: live => live.UsePostgreSql());
        await shop.AddItemsAsync(1, "cup", "mug");
        await shop.AddItemsAsync(2, "bowl");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        var view = new RawView();
        await client.SubscribeAsync(1, "Item");
        await client.SubscribeAsync(2, "Shelf");
        await client.UntilAsync(view, v => v.Rows(1)?.Count == 3 && v.Rows(2)?.Count == 2);

        await shop.WithDbAsync(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await db.Items.Where(i => i.ShelfId == 1).ExecuteUpdateAsync(set => set.SetProperty(i => i.Done, true));
            db.Shelves.Add(new() { Name = "new" });
            await db.SaveChangesAsync();
            await transaction.CommitAsync();
        });
        await client.UntilAsync(view, v => v.Rows(2)!.Count == 3);
        Assert.Equal([true, true, false], view.Rows(1)!.OrderBy(r => r.Key).Select(r => (bool)r.Value["done"]!));

        await shop.WithDbAsync(db => db.Shelves.Where(s => s.Id == 1).ExecuteDeleteAsync());
        await client.UntilAsync(view, v => v.Rows(2)!.Count == 2 && v.Rows(1)!.Count == 1);

        await shop.WithDbAsync(async db =>
        {
            db.Remove(new Shelf { Id = 2 });
            await db.SaveChangesAsync();
        });
        await client.UntilAsync(view, v => v.Rows(2)!.Count == 1);
        Assert.Empty(view.Rows(1)!);
    }
}
