using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Tests.Capture;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>Rule 2: rows are as the database has them, not as somebody once read them.</summary>
public sealed class TrueRowsTests(PostgresServer server)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Rule_2_F4_a_row_that_somebody_else_has_moved_since_it_was_read_is_captured_as_it_was_and_is(bool async)
    {
        await using var shop = await Shop.StartAsync(server, live: live => live.UsePostgreSql());
        await shop.AddItemsAsync(1, "cup");
        var log = await LogOf.StartAsync(shop);
        await shop.WithDbAsync(async stale =>
        {
            var read = await stale.Items.SingleAsync();
            await shop.WithDbAsync(async db =>
            {
                var item = await db.Items.SingleAsync();
                (item.Name, item.ShelfId) = ("mug", 2);
                await db.SaveChangesAsync();
            });
            read.Done = true;
            _ = async ? await stale.SaveChangesAsync() : stale.SaveChanges();
        });

        var change = Assert.Single((await log.ReadEntriesAsync())[^1].Changeset.Changes);
        Assert.Equal<(object?, object?, object?)>((2, "mug", false), (Value(change, change.Before, "ShelfId"), Value(change, change.Before, "Name"), Value(change, change.Before, "Done")));
        Assert.Equal<(object?, object?, object?)>((2, "mug", true), (Value(change, change.After, "ShelfId"), Value(change, change.After, "Name"), Value(change, change.After, "Done")));
    }

    private static object? Value(Change change, Row? row, string property)
        => row![change.Entity.Columns.Single(c => c.Property.Name == property).Ordinal];
}
