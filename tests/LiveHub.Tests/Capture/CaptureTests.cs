using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Tests.Capture;

/// <summary>What the interceptor publishes, and when, on real PostgreSQL; sync and async alike.</summary>
public sealed class CaptureTests(PostgresServer server)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task G1_a_save_without_a_transaction_is_one_changeset_with_generated_keys(bool async)
    {
        await using var shop = await Shop.StartAsync(server);
        var log = await LogOf.StartAsync(shop);
        await shop.WithDbAsync(async db =>
        {
            db.Items.Add(new() { ShelfId = 1, Name = "cup" });
            await SaveAsync(db, async);
        });

        var changeset = Assert.Single(await log.ReadAsync());
        Assert.Equal("Insert Item 1 -> cup", Assert.Single(changeset));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task G1_a_save_of_several_rows_is_one_changeset(bool async)
    {
        await using var shop = await Shop.StartAsync(server);
        await shop.WithDbAsync(async db =>
        {
            db.Items.AddRange(new Item { ShelfId = 1, Name = "a" }, new Item { ShelfId = 1, Name = "b" });
            await db.SaveChangesAsync();
        });
        var log = await LogOf.StartAsync(shop);
        await shop.WithDbAsync(async db =>
        {
            var items = await db.Items.OrderBy(i => i.Id).ToListAsync();
            items[0].Name = "a2";
            db.Remove(items[1]);
            db.Items.Add(new() { ShelfId = 1, Name = "c" });
            await SaveAsync(db, async);
        });

        var changeset = Assert.Single(await log.ReadAsync());
        Assert.Equal(["Delete Item 2 b ->", "Insert Item 3 -> c", "Update Item 1 a -> a2"], changeset.Order());
    }

    [Fact]
    public async Task A_change_of_what_is_hidden_and_large_alone_is_nothing()
    {
        await using var shop = await Shop.StartAsync(server);
        await shop.AddItemsAsync(1, "cup");
        var log = await LogOf.StartAsync(shop);
        await shop.WithDbAsync(async db =>
        {
            (await db.Items.SingleAsync()).Secret = "hush";
            await db.SaveChangesAsync();
        });

        Assert.Empty(await log.ReadAsync());
    }

    [Fact]
    public async Task An_update_of_an_instance_that_was_not_read_carries_what_was_written()
    {
        await using var shop = await Shop.StartAsync(server);
        var log = await LogOf.StartAsync(shop);
        await shop.WithDbAsync(async db =>
        {
            db.Update(new Shelf { Id = 1, Name = "put" });
            await db.SaveChangesAsync();
        });

        Assert.Equal("Insert Shelf 1 -> put", Assert.Single(Assert.Single(await log.ReadAsync())));
    }

    [Fact]
    public async Task An_update_of_an_instance_that_was_not_read_and_its_delete_are_a_delete()
    {
        await using var shop = await Shop.StartAsync(server);
        var log = await LogOf.StartAsync(shop);
        await shop.WithDbAsync(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            var shelf = new Shelf { Id = 1, Name = "put" };
            db.Update(shelf);
            await db.SaveChangesAsync();
            db.Remove(shelf);
            await db.SaveChangesAsync();
            await transaction.CommitAsync();
        });

        Assert.Equal("Delete Shelf 1 put ->", Assert.Single(Assert.Single(await log.ReadAsync())));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task G1_nothing_of_a_failed_save_is_published_and_the_next_save_is_whole(bool async)
    {
        await using var shop = await Shop.StartAsync(server);
        var log = await LogOf.StartAsync(shop);
        await shop.WithDbAsync(async db =>
        {
            var item = new Item { ShelfId = 99, Name = "no such shelf" };
            db.Items.Add(item);
            db.Shelves.Add(new() { Name = "with it" });
            await Assert.ThrowsAsync<DbUpdateException>(() => SaveAsync(db, async));
            Assert.Empty(await log.ReadAsync());
            item.ShelfId = 1;
            await SaveAsync(db, async);
        });

        Assert.Equal(2, Assert.Single(await log.ReadAsync()).Count);
    }

    [Fact]
    public async Task G1_a_concurrency_conflict_publishes_nothing()
    {
        await using var shop = await Shop.StartAsync(server);
        var log = await LogOf.StartAsync(shop);
        await shop.WithDbAsync(async db =>
        {
            db.Shelves.Remove(new() { Id = 77 });
            await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => SaveAsync(db, async: true));
        });

        Assert.Empty(await log.ReadAsync());
    }

    [Fact]
    public async Task A_row_that_comes_and_goes_in_one_transaction_leaves_no_trace()
    {
        await using var shop = await Shop.StartAsync(server);
        var log = await LogOf.StartAsync(shop);
        await shop.WithDbAsync(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            var shelf = new Shelf { Name = "brief" };
            db.Shelves.Add(shelf);
            await db.SaveChangesAsync();
            db.Shelves.Remove(shelf);
            await db.SaveChangesAsync();
            await transaction.CommitAsync();
        });

        Assert.Empty(await log.ReadAsync());
    }

    [Fact]
    public async Task Join_rows_of_a_skip_navigation_are_rows_like_others()
    {
        await using var shop = await Shop.StartAsync(server);
        var log = await LogOf.StartAsync(shop);
        await shop.WithDbAsync(async db =>
        {
            db.Items.Add(new() { ShelfId = 1, Name = "cup", Tags = { new() { Name = "red" } } });
            await db.SaveChangesAsync();
        });

        Assert.Contains(Assert.Single(await log.ReadAsync()), c => c.StartsWith("Insert ItemTag 1,", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Entities_that_are_not_exposed_are_not_captured()
    {
        await using var shop = await Shop.StartAsync(server);
        var log = await LogOf.StartAsync(shop);
        await shop.WithDbAsync(async db =>
        {
            db.Add(new Note { Text = "private" });
            await db.SaveChangesAsync();
        });

        Assert.Empty(await log.ReadAsync());
    }

    [Fact]
    public async Task A_row_does_not_follow_what_the_application_does_to_its_array_afterwards()
    {
        await using var shop = await Shop.StartAsync(server);
        var log = await LogOf.StartAsync(shop);
        await shop.WithDbAsync(async db =>
        {
            var shelf = new Shelf { Name = "x", Photo = [1, 2] };
            db.Add(shelf);
            await db.SaveChangesAsync();
            shelf.Photo[0] = 9;
        });

        var change = Assert.Single(Assert.Single(await log.ReadEntriesAsync()).Changeset.Changes);
        var column = change.Entity.Columns.Single(c => c.Name == "photo");
        Assert.Equal(new byte[] { 1, 2 }, change.After![column.Ordinal]);
    }

    internal static async Task SaveAsync(DbContext db, bool async)
    {
        if (async)
        {
            await db.SaveChangesAsync();
        }
        else
        {
            db.SaveChanges();
        }
    }
}
