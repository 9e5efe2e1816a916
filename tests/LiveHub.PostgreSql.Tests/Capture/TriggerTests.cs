using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Tests.Infrastructure;
using LiveHub.Tests.Snapshots;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>Triggers of which the model does not tell.</summary>
public sealed class TriggerTests(PostgresServer server) : IAsyncLifetime
{
    private const string Shout = """
        create function shout() returns trigger language plpgsql as $$ begin
          update "Shelves" set "Name" = upper("Name") where "Id" = new."Id" and "Name" <> upper("Name"); return null; end $$;
        create trigger shout after insert or update on "Shelves" for each row execute function shout();
        """;

    private readonly StoppedClock _clock = new();
    private string _connectionString = "";
    private IHost? _app;

    public async ValueTask InitializeAsync() => _connectionString = await server.CreateDatabaseAsync();

    public async ValueTask DisposeAsync()
    {
        await _app!.StopAsync();
        _app.Dispose();
        await server.DropDatabaseAsync(_connectionString);
    }

    [Fact]
    public async Task Rule_3_a_trigger_that_is_found_at_start_up_and_writes_a_row_once_more_is_in_what_is_published()
    {
        await CreateTablesAsync();
        await StartAsync(live => live.Expose<Shelf>());

        await AssertShoutedAsync();
    }

    [Theory, InlineData("database"), InlineData("table")]
    public async Task Rule_3_a_trigger_that_comes_after_the_start_and_writes_a_row_once_more_is_in_what_is_published(string late)
    {
        if (late == "database")
        {
            await server.DropDatabaseAsync(_connectionString);
        }

        await StartAsync(live => live.Expose<Shelf>());
        await CreateTablesAsync();

        await AssertShoutedAsync();
    }

    [Theory, InlineData("database"), InlineData("table")]
    public async Task Rule_3_a_trigger_that_came_after_the_start_is_known_when_its_table_is_found_and_tables_without_are_too(string late)
    {
        if (late == "database")
        {
            await server.DropDatabaseAsync(_connectionString);
        }

        await StartAsync(live => live.Expose<Shelf>().Expose<Tag>());
        await CreateTablesAsync();
        Assert.Single((await SaveAsync(new Tag { Name = "red" })).Invalidations);
        await Until.TrueAsync(
            () =>
            {
                _clock.TimeIsUp();
                return SaveAsync(new Tag { Name = "red" }).Result.Invalidations.IsEmpty;
            },
            () => "the tables are not found");

        await AssertShoutedAsync();
    }

    [Fact]
    public async Task Rule_3_a_trigger_of_one_partition_that_writes_a_row_once_more_is_in_what_is_published()
    {
        await PostgresServer.ExecuteAsync(_connectionString, """
            create table "Prices"("ItemId" int, "Currency" text, "Cents" bigint not null, primary key ("ItemId", "Currency")) partition by list ("Currency");
            create table euros partition of "Prices" for values in ('EUR');
            create table dollars partition of "Prices" for values in ('USD');
            insert into "Prices" values (1, 'EUR', 1), (1, 'USD', 1);
            create function tax() returns trigger language plpgsql as $$ begin update euros set "Cents" = 2 * new."Cents" where "ItemId" = new."ItemId"; return null; end $$;
            create trigger tax after update on euros for each row when (pg_trigger_depth() = 0) execute function tax();
            """);
        await StartAsync(live => live.Expose<Price>());

        var changeset = await SaveAsync(new Price { ItemId = 1, Currency = "EUR", Cents = 5 }, new Price { ItemId = 1, Currency = "USD", Cents = 5 });

        Assert.Equal<object?>([10L, 5L], changeset.Changes.OrderBy(c => LogText.ValueOf(c, c.After, "currency")).Select(c => LogText.ValueOf(c, c.After, "cents")));
    }

    private async Task StartAsync(Action<LiveHubBuilder<ShopDb>> expose)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<TimeProvider>(_clock);
        builder.Services.AddDbContext<ShopDb>(options => options.UseNpgsql(_connectionString));
        builder.Services.AddLiveHub<ShopDb>(live =>
        {
            expose(live);
            live.UsePostgreSql();
        });
        _app = builder.Build();
        await _app.StartAsync();
    }

    private async Task CreateTablesAsync()
    {
        await using var db = new ShopDb(new DbContextOptionsBuilder<ShopDb>().UseNpgsql(_connectionString).Options);
        await db.Database.EnsureCreatedAsync();
        await PostgresServer.ExecuteAsync(_connectionString, Shout);
    }

    /// <summary>Inserts rows without a key, and writes others whole.</summary>
    private async Task<Changeset> SaveAsync(params object[] rows)
    {
        await using var scope = _app!.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ShopDb>();
        db.UpdateRange(rows);
        await db.SaveChangesAsync();
        var log = scope.ServiceProvider.GetRequiredService<IBackplane>();
        var head = (await log.ReadHeadAsync(default)).Offset;
        return Assert.Single((await log.ReadRangeAsync(head - 1, head, default))!).Changeset;
    }

    /// <summary>What is inserted is to be read again, and what an update leaves is as the trigger left it.</summary>
    private async Task AssertShoutedAsync()
    {
        var shelf = new Shelf { Name = "top" };
        Assert.Single((await SaveAsync(shelf)).Invalidations);
        shelf.Name = "bottom";
        var update = Assert.Single((await SaveAsync(shelf)).Changes);
        Assert.Equal(Operation.Update, update.Operation);
        Assert.Equal("BOTTOM", LogText.ValueOf(update, update.After, "name"));
    }
}
