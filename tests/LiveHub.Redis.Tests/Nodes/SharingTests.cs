using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Redis.Tests.Nodes;

/// <summary>What one node saves reaches the clients of all.</summary>
public sealed class SharingTests(PostgresServer server)
{
    [Fact]
    public async Task G5_a_transaction_of_one_node_reaches_the_clients_of_all_in_one_step_and_each_row_once()
    {
        await using var nodes = await ShopNodes.StartAsync(server);
        await nodes[0].AddItemsAsync(1, "cup", "jug");
        await using var here = await Guest.AtAsync(nodes[0]);
        await using var there = await Guest.AtAsync(nodes[1]);
        await nodes[0].WithDbAsync(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            var items = await db.Items.OrderBy(i => i.Id).ToListAsync();
            db.Add(new Shelf { Name = "third" });
            await db.SaveChangesAsync();
            for (var i = 0; i < 3; i++)
            {
                items.ForEach(item => item.Name = $"{item.Id} for the {i}. time");
                await db.SaveChangesAsync();
            }

            db.Add(new Item { ShelfId = 2, Name = "fork" });
            db.Remove(items[1]);
            await db.SaveChangesAsync();
            await transaction.CommitAsync();
        });
        foreach (var guest in (Guest[])[here, there])
        {
            var (steps, ops) = (guest.View.Steps, guest.View.RowOps);
            await guest.UntilAsync(v => v.Rows(4)!.Count == 3);
            await guest.EqualsDatabaseAsync(nodes[1]);
            Assert.Equal((steps + 1, ops + 4), (guest.View.Steps, guest.View.RowOps));
        }
    }

    [Fact]
    public async Task G6_a_row_that_another_node_moves_leaves_there_and_enters_here_in_one_step()
    {
        await using var nodes = await ShopNodes.StartAsync(server);
        await nodes[0].AddItemsAsync(1, "cup");
        await using var guest = await Guest.AtAsync(nodes[0]);
        for (var i = 0; i < 10; i++)
        {
            await nodes[1].WithDbAsync(async db =>
            {
                var item = await db.Items.SingleAsync();
                item.ShelfId = 3 - item.ShelfId;
                await db.SaveChangesAsync();
            });
            var (to, from) = i % 2 == 0 ? (3, 2) : (2, 3);
            await guest.UntilAsync(v => v.Rows(to)!.Count == 1);
            Assert.Empty(guest.View.Rows(from)!);
        }

        await nodes.SettleAsync(guest);
    }

    [Fact]
    public async Task G10_what_one_node_invalidates_is_read_again_for_the_clients_of_all()
    {
        await using var nodes = await ShopNodes.StartAsync(server);
        await nodes[0].AddItemsAsync(1, "cup", "jug");
        await using var here = await Guest.AtAsync(nodes[0]);
        await using var there = await Guest.AtAsync(nodes[1]);
        await PostgresServer.ExecuteAsync(nodes[0].ConnectionString, """update "Items" set "Name" = 'bowl' where "Id" = 1""");
        await nodes[0].Live.InvalidateAsync<Item>(i => i.Id == 1);
        await here.UntilAsync(_ => here.NameOf(1) == "bowl");
        await there.UntilAsync(_ => there.NameOf(1) == "bowl");
        await nodes.SettleAsync(here, there);
    }

    [Fact]
    public async Task G10_a_bulk_command_of_one_node_is_one_step_for_the_clients_of_all()
    {
        await using var nodes = await ShopNodes.StartAsync(server);
        await nodes[0].AddItemsAsync(1, "cup", "jug", "pot");
        await using var guest = await Guest.AtAsync(nodes[1]);
        var steps = guest.View.Steps;
        await nodes[0].WithDbAsync(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await db.Items.Where(i => i.Name == "pot").ExecuteDeleteAsync();
            await db.Items.ExecuteUpdateAsync(set => set.SetProperty(i => i.ShelfId, 2));
            db.Add(new Shelf { Name = "third" });
            await db.SaveChangesAsync();
            await transaction.CommitAsync();
        });
        await guest.UntilAsync(v => v.Rows(4)!.Count == 3);
        Assert.Equal(steps + 1, guest.View.Steps);
        await guest.EqualsDatabaseAsync(nodes[0]);
    }

    [Fact]
    public async Task G2_nodes_that_write_the_same_rows_at_one_time_over_bad_lines_show_all_clients_what_is_in_the_database()
    {
        await using var nodes = await ShopNodes.StartAsync(server);
        await nodes[0].AddItemsAsync(1, "cup", "jug", "pot");
        await using var here = await Guest.AtAsync(nodes[0]);
        await using var there = await Guest.AtAsync(nodes[1]);
        foreach (var line in nodes.Lines)
        {
            (line.IsShuffled, line.Loss) = (true, 0.2);
        }

        using var measured = new Measured(nodes[1].App.Services);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 25; i++)
            {
                await nodes[writer % 2].WithDbAsync(db => db.Items.Where(item => item.Id == 1 + (i % 3)).ForEachAsync(item => (item.Name, item.ShelfId) = ($"{i} of {writer}", 1 + ((i + writer) % 2)))
                    .ContinueWith(_ => db.SaveChangesAsync(), TaskScheduler.Default).Unwrap());
            }
        })));
        await nodes.SettleAsync(here, there);
        Assert.True(nodes.Lines[1].Dropped > 0, "Nothing was lost on the way.");
        Assert.True(measured["livehub.backplane.filled"] > 0, measured.ToString());
    }
}
