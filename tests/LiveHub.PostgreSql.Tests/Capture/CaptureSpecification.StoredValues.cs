using LiveHub.Changes;
using LiveHub.PostgreSql.Tests.Yard;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>Rule 3: values are those that the database stored, not those that were assigned.</summary>
public abstract partial class CaptureSpecification
{
    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_3_values_are_those_that_the_database_stored(bool async)
    {
        var at = new DateTime(2024, 5, 6, 7, 8, 9, DateTimeKind.Utc).AddTicks(1234567);
        await YardAsync(async db =>
        {
            var measure = new Measure { Code = "m", Padded = "ab", Rounded = 1.005m, At = at, Took = new(7), Numbers = [1] };
            db.Add(measure);
            await db.SaveAsync(async);
            (measure.Rounded, measure.Padded, measure.At) = (2.345m, "c", at.AddTicks(9));
            await db.SaveAsync(async);
        });

        var changes = (await ReadAsync()).Select(e => Assert.Single(e.Changeset.Changes)).ToList();
        Assert.Equal<object?>(["ab   ", 1.01m, at.AddTicks(-7)], [.. new[] { "padded", "rounded", "at" }.Select(c => LogText.ValueOf(changes[0], changes[0].After, c))]);
        Assert.Equal<object?>(["c    ", 2.35m, at.AddTicks(3)], [.. new[] { "padded", "rounded", "at" }.Select(c => LogText.ValueOf(changes[1], changes[1].After, c))]);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_3_a_number_that_gets_more_zeros_is_changed_where_the_database_keeps_them(bool async)
    {
        await GivenAsync<YardDb>(new Invoice { Name = "i", Total = 1.0m });
        await YardAsync(async db =>
        {
            db.Update(new Invoice { Id = 1, Name = "i", Total = 1.00m });
            await db.SaveAsync(async);
        });

        var change = Assert.Single(Assert.Single(await ReadAsync()).Changeset.Changes);
        Assert.Equal(Operation.Update, change.Operation);
        Assert.Equal([1, 2], new[] { change.Before, change.After }.Select(r => (int)((decimal)LogText.ValueOf(change, r, "total")!).Scale));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_3_a_number_that_is_assigned_with_fewer_zeros_than_the_database_stores_is_not_changed(bool async)
    {
        await GivenAsync<YardDb>(new Measure { Code = "m", At = DateTime.UnixEpoch, Rounded = 1.50m });
        await YardAsync(async db =>
        {
            db.Attach(new Measure { Code = "m", Rounded = 1.5m }).Property(m => m.Rounded).IsModified = true;
            await db.SaveAsync(async);
        });

        Assert.Empty(await LogAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task What_is_hidden_and_large_is_neither_read_nor_in_the_log(bool async)
    {
        await StartAppAsync("commands", o => o.Services = services => services
            .AddSingleton<CommandCounter>().ConfigureDbContext<ShopDb>((provider, context) => context.AddInterceptors(provider.GetRequiredService<CommandCounter>())));
        await GivenAsync<ShopDb>(new Item { ShelfId = 1, Name = "cup", Secret = "hush" });
        var commands = _app.Services.GetRequiredService<CommandCounter>();
        commands.Reset();
        await ShopAsync(async db =>
        {
            var item = db.Attach(new Item { Id = 1 }).Entity;
            item.Name = "mug";
            await db.SaveAsync(async);
            db.Remove(item);
            await db.SaveAsync(async);
        });

        var changes = (await ReadAsync()).Select(e => Assert.Single(e.Changeset.Changes)).ToList();
        Assert.Equal(2, commands.Count("\"Items\""));
        Assert.Equal(0, commands.Count("\"Secret\""));
        Assert.All([changes[0].Before, changes[0].After, changes[1].Before], row => Assert.Null(LogText.ValueOf(changes[0], row, "secret")));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_change_of_what_is_hidden_and_large_alone_is_nothing(bool async)
    {
        await GivenAsync<ShopDb>(new Item { ShelfId = 1, Name = "cup", Secret = "hush" });
        await ShopAsync(async db =>
        {
            (await db.Items.SingleAsync()).Secret = "hush hush";
            await db.SaveAsync(async);
        });

        Assert.Empty(await LogAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_3_defaults_computed_columns_and_triggers_before_a_write_are_in_the_rows(bool async)
    {
        await YardAsync(async db =>
        {
            var sum = new Sum { Left = 1, Right = 2 };
            var stock = new Stock { Name = "s" };
            db.AddRange(sum, stock);
            await db.SaveAsync(async);
            (sum.Left, stock.Name) = (5, "t");
            await db.SaveAsync(async);
        });

        var entries = await ReadAsync();
        Assert.Equal(2, entries.Count);
        foreach (var (entry, total, revision) in entries.Zip([3, 7], [1, 2]))
        {
            var sum = entry.Changeset.Changes.Single(c => c.Entity.Name == nameof(Sum));
            var stock = entry.Changeset.Changes.Single(c => c.Entity.Name == nameof(Stock));
            Assert.Equal<object?>([total, "none", 7], [.. new[] { "total", "name", "level" }.Select(c => LogText.ValueOf(sum, sum.After, c))]);
            Assert.Equal(revision, LogText.ValueOf(stock, stock.After, "revision"));
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_3_a_trigger_after_an_insert_that_writes_the_row_once_more_is_not_lost(bool async)
    {
        await YardAsync(async db =>
        {
            db.AddRange(new Sign { Name = "ab" }, new Sign { Name = "abc" });
            await db.SaveAsync(async);
        });

        await AssertTouchedAsync("Sign");
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_3_a_trigger_after_an_update_that_writes_the_row_once_more_is_in_the_row(bool async)
    {
        await GivenAsync<YardDb>(new Sign { Name = "ab" });
        await YardAsync(async db =>
        {
            (await db.Set<Sign>().SingleAsync()).Name = "abc";
            await db.SaveAsync(async);
        });

        var change = Assert.Single(Assert.Single(await ReadAsync()).Changeset.Changes);
        Assert.Equal<object?>(["ABC", 3], [LogText.ValueOf(change, change.After, "shout"), LogText.ValueOf(change, change.After, "echo")]);
    }
}
