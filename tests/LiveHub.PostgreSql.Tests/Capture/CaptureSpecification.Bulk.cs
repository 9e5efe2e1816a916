using LiveHub.Changes;
using LiveHub.PostgreSql.Capture;
using LiveHub.PostgreSql.Tests.Yard;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>Rule 5: bulk commands, as exact rows or as something to be read again; that the rows are right is compared when the test ends.</summary>
public abstract partial class CaptureSpecification
{
    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_5_G10_bulk_commands_are_a_changeset_each(bool async)
    {
        await GivenAsync<ShopDb>(new Item { ShelfId = 1, Name = "a" }, new Item { ShelfId = 2, Name = "b" });
        await ShopAsync(async db =>
        {
            var done = db.Items.Where(i => i.ShelfId == 1);
            _ = async ? await done.ExecuteUpdateAsync(s => s.SetProperty(i => i.Done, true)) : done.ExecuteUpdate(s => s.SetProperty(i => i.Done, true));
        });
        await AssertTouchedAsync("Item");
        await ShopAsync(async db => _ = async ? await db.Items.ExecuteDeleteAsync() : db.Items.ExecuteDelete());

        var log = await LogAsync();
        Assert.Equal(2, log.Count);
        Assert.Contains(log[1], c => c.Contains(" Item", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Rule_5_a_bulk_command_that_finds_no_row_is_nothing()
    {
        await ShopAsync(async db => await db.Items.ExecuteDeleteAsync());

        Assert.Empty(await LogAsync());
    }

    [Theory, InlineData("commit", true), InlineData("commit", false), InlineData("rollback", true), InlineData("rollback", false), InlineData("savepoint", true), InlineData("savepoint", false)]
    public async Task Rule_5_a_bulk_command_is_part_of_its_transaction(string end, bool async)
    {
        await ShopAsync(async db =>
        {
            await using var transaction = await db.BeginAsync(async);
            db.Add(new Tag { Name = "red" });
            await db.SaveAsync(async);
            await transaction.CreateSavepointAsync("here", async);
            _ = async ? await db.Shelves.ExecuteUpdateAsync(s => s.SetProperty(i => i.Name, "x")) : db.Shelves.ExecuteUpdate(s => s.SetProperty(i => i.Name, "x"));
            if (end == "savepoint")
            {
                await transaction.RollbackToSavepointAsync("here", async);
            }

            Assert.Empty(await LogAsync());
            await (end == "rollback" ? transaction.RollbackAsync(async) : transaction.CommitAsync(async));
        });

        if (end == "rollback")
        {
            Assert.Empty(await LogAfterQuestionsAsync());
        }
        else
        {
            await AssertTouchedAsync(end == "commit" ? ["Shelf", "Tag"] : ["Tag"]);
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_5_saves_around_a_bulk_command_on_the_same_row_are_whole(bool saveAfter)
    {
        await ShopAsync(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            var shelf = await db.Shelves.SingleAsync(s => s.Id == 1);
            shelf.Name = "one";
            await db.SaveChangesAsync();
            await db.Shelves.Where(s => s.Id == 1).ExecuteUpdateAsync(s => s.SetProperty(i => i.Photo, new byte[] { 1 }));
            if (saveAfter)
            {
                shelf.Name = "two";
                await db.SaveChangesAsync();
            }

            await transaction.CommitAsync();
        });

        await AssertTouchedAsync("Shelf");
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_5_a_bulk_command_alone_in_a_transaction_of_ADO_NET_comes_after_its_commit(bool commit)
    {
        await using var connection = new NpgsqlConnection(_app.ConnectionString);
        await connection.OpenAsync();
        _contexts.Add(typeof(ShopDb));
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using var db = _app.On<ShopDb>(connection);
            await db.Database.UseTransactionAsync(transaction);
            await db.Shelves.ExecuteUpdateAsync(s => s.SetProperty(i => i.Name, "x"));
            Assert.Empty(await LogAfterQuestionsAsync());
            await (commit ? transaction.CommitAsync() : transaction.RollbackAsync());
        }

        if (commit)
        {
            await AssertTouchedAsync("Shelf");
        }
    }

    [Fact]
    public async Task Rule_5_a_bulk_command_in_an_ambient_transaction_comes_after_its_commit()
    {
        await ShopAsync(async db =>
        {
            using var scope = NewScope();
            await db.Shelves.ExecuteUpdateAsync(s => s.SetProperty(i => i.Name, "x"));
            Assert.Empty(await LogAsync());
            scope.Complete();
        });

        await AssertTouchedAsync("Shelf");
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_5_a_bulk_command_with_tags_on_odd_names_is_seen_for_what_it_is(bool delete)
    {
        await GivenAsync<YardDb>(new Odd { Name = "a" }, new Odd { Name = "b" });
        await YardAsync(async db =>
        {
            var rows = db.Set<Odd>().TagWith("UPDATE \"Shelves\"\nDELETE FROM \"Shelves\"").TagWithCallSite().Where(o => o.Name != "b");
            _ = delete ? await rows.ExecuteDeleteAsync() : await rows.ExecuteUpdateAsync(s => s.SetProperty(o => o.Plain, "p"));
        });

        await AssertTouchedAsync("Odd");
    }

    [Fact]
    public async Task Rule_5_cascades_that_a_bulk_delete_reaches_are_part_of_it()
    {
        await GivenAsync<YardDb>(new Post { Name = "p", Comments = { new() { Name = "c" } } });
        await YardAsync(async db => await db.Set<Post>().ExecuteDeleteAsync());

        await AssertTouchedAsync("Comment", "Post");
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task G10_cascades_of_the_database_reach_rows_that_are_tracked_and_rows_that_are_not(bool tracked)
    {
        await GivenAsync<YardDb>(new Post { Name = "p", Comments = { new() { Name = "c" }, new() { Name = "d" } } });
        await YardAsync(async db =>
        {
            db.Remove(tracked ? await db.Set<Post>().Include(p => p.Comments).SingleAsync() : await db.Set<Post>().SingleAsync());
            await db.SaveChangesAsync();
        });

        await AssertTouchedAsync("Comment", "Post");
    }

    [Theory, InlineData(Cascade.MaxRows), InlineData(Cascade.MaxRows + 1)]
    public async Task G10_rows_that_a_cascade_reaches_beyond_the_first_thousand_are_read_again(int reached)
    {
        var post = new Post { Name = "p" };
        post.Comments.AddRange(Enumerable.Range(0, reached).Select(_ => new Comment()));
        await GivenAsync<YardDb>(post);
        await YardAsync(async db =>
        {
            db.Remove(await db.Set<Post>().SingleAsync());
            await db.SaveChangesAsync();
        });

        var changeset = Assert.Single(await ReadAsync()).Changeset;
        Assert.Equal(Cascade.MaxRows, changeset.Changes.Count(c => (c.Entity.Name, c.Operation) == (nameof(Comment), Operation.Delete)));
        Assert.Equal(reached > Cascade.MaxRows ? [Invalidation.Of(_app.Model.Find(nameof(Comment))!)] : [], changeset.Invalidations);
    }

    [Fact]
    public async Task Rule_5_bulk_commands_on_tables_of_a_hierarchy_reach_the_entity()
    {
        await GivenAsync<YardDb>(new Circle { Name = "c" }, new Box { Name = "b" });
        await YardAsync(async db => await db.Set<Box>().ExecuteUpdateAsync(s => s.SetProperty(b => b.Name, "x")));

        await AssertTouchedAsync("Figure");
    }
}
