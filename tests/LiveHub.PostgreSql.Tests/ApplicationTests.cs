using LiveHub.Tests.Capture;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Update;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure;

namespace LiveHub.PostgreSql.Tests;

/// <summary>What applications do beside LiveHub, and what it must not do to them.</summary>
public sealed class ApplicationTests(PostgresServer server)
{
    [Fact]
    public async Task G2_rows_of_another_database_are_not_shown_as_rows_of_this_one()
    {
        await using var shop = await Shop.StartAsync(server, live: live => live.UsePostgreSql());
        var log = await LogOf.StartAsync(shop);
        var tenant = await server.CreateDatabaseAsync();
        var options = new DbContextOptionsBuilder<ShopDb>().UseNpgsql(tenant).UseLiveHub(shop.App.Services).Options;
        await using (var db = new ShopDb((DbContextOptions<ShopDb>)options))
        {
            await db.Database.EnsureCreatedAsync();
            db.Add(new Shelf { Name = "secret" });
            await db.SaveChangesAsync();
            await db.Shelves.ExecuteUpdateAsync(set => set.SetProperty(s => s.Name, "secret too"));
        }

        Assert.Empty(await log.ReadAsync());
        await server.DropDatabaseAsync(tenant);
    }

    [Fact]
    public async Task G2_another_address_of_the_same_database_is_the_same_database()
    {
        await using var shop = await Shop.StartAsync(server, live: live => live.UsePostgreSql());
        var log = await LogOf.StartAsync(shop);
        var alias = new NpgsqlConnectionStringBuilder(shop.ConnectionString) { Host = "localhost" }.ConnectionString;
        var options = new DbContextOptionsBuilder<ShopDb>().UseNpgsql(alias).UseLiveHub(shop.App.Services).Options;
        await using (var db = new ShopDb((DbContextOptions<ShopDb>)options))
        {
            db.Add(new Shelf { Name = "seen" });
            await db.SaveChangesAsync();
        }

        Assert.Equal("Insert Shelf 3 -> seen", Assert.Single(Assert.Single(await log.ReadAsync())));
        NpgsqlConnection.ClearPool(new(alias));
    }

    [Fact]
    public async Task Rule_1_a_transaction_of_ADO_NET_over_another_address_comes_with_its_commit_and_not_before()
    {
        await using var shop = await Shop.StartAsync(server, live: live => live.UsePostgreSql());
        var log = await LogOf.StartAsync(shop);
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(shop.ConnectionString) { Host = "localhost", Pooling = false }.ConnectionString);
        await using var db = shop.ContextOn(connection);
        await db.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await db.Database.UseTransactionAsync(transaction);
        db.Add(new Shelf { Name = "aside" });
        await db.SaveChangesAsync();

        // Whoever asks how it ended has asked more than once by then.
        await Task.Delay(100);
        Assert.Empty(await log.ReadAsync());
        await transaction.CommitAsync();
        await log.WaitAsync();
        Assert.Equal("Insert Shelf 3 -> aside", Assert.Single(Assert.Single(await log.ReadAsync())));
    }

    [Fact]
    public async Task G9_saves_that_wait_for_a_lock_keep_nobody_from_subscribing()
    {
        await using var shop = await Shop.StartAsync(
            server, options => options.SnapshotTimeout = TimeSpan.FromSeconds(3), live: live => live.UsePostgreSql());
        await shop.AddItemsAsync(1, "cup");
        await using var other = new NpgsqlConnection(shop.ConnectionString);
        await other.OpenAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("""update "Items" set "Done" = true""", other, transaction))
        {
            await command.ExecuteNonQueryAsync();
        }

        var waiting = Enumerable.Range(0, 6).Select(n => shop.RenameAsync(1, $"name {n}")).ToList();
        await using var probe = new NpgsqlConnection(shop.ConnectionString);
        await probe.OpenAsync();
        await using var waits = new NpgsqlCommand("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()", probe);
        await Until.TrueAsync(() => (long)waits.ExecuteScalar()! == waiting.Count, () => "the saves do not wait");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        var view = new RawView();
        await client.SubscribeAsync(1, "Shelf");
        await client.UntilAsync(view, v => v.Rows(1) is not null || v.Errors.Count > 0);
        Assert.Empty(view.Errors);
        await transaction.CommitAsync();
        await Task.WhenAll(waiting);
    }

    [Fact]
    public async Task Rule_2_ten_thousand_rows_with_composite_keys_are_saved_in_one_batch()
    {
        await using var shop = await Shop.StartAsync(
            server,
            services: services => services.ConfigureDbContext<ShopDb>(o => new NpgsqlDbContextOptionsBuilder(o).MaxBatchSize(100_000)),
            live: live => live.UsePostgreSql());
        var log = await LogOf.StartAsync(shop);
        await shop.WithDbAsync(async db =>
        {
            var prices = Enumerable.Range(1, 10_000).Select(n => new Price { ItemId = n, Currency = "EUR", Cents = n }).ToList();
            db.AddRange(prices);
            await db.SaveChangesAsync();
            prices.ForEach(p => p.Cents++);
            await db.SaveChangesAsync();
            db.RemoveRange(prices);
            await db.SaveChangesAsync();
        });

        Assert.All(await log.ReadEntriesAsync(), entry => Assert.Equal((10_000, 0), (entry.Changeset.Changes.Length, entry.Changeset.Invalidations.Length)));
    }

    [Fact]
    public async Task Contexts_go_back_to_their_pool_without_an_open_connection()
    {
        await using var shop = await Shop.StartAsync(server, live: live => live.UsePostgreSql());
        var log = await LogOf.StartAsync(shop);
        await using var connection = new NpgsqlConnection(shop.ConnectionString);
        await connection.OpenAsync();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            // Of this one's end the database is asked.
            await using var foreign = shop.ContextOn(connection);
            await foreign.Database.UseTransactionAsync(transaction);
            foreign.Add(new Shelf { Name = "foreign" });
            await foreign.SaveChangesAsync();
            await transaction.CommitAsync();
        }

        await log.WaitAsync();
        var contexts = new List<AsyncServiceScope>();
        for (var i = 0; i < 8; i++)
        {
            contexts.Add(shop.App.Services.CreateAsyncScope());
            var db = contexts[^1].ServiceProvider.GetRequiredService<ShopDb>();
            await db.Shelves.CountAsync();
            Assert.Equal(System.Data.ConnectionState.Closed, db.Database.GetDbConnection().State);
        }

        contexts.ForEach(scope => scope.Dispose());
    }

    [Fact]
    public async Task A_save_after_the_host_was_disposed_does_not_fail()
    {
        var shop = await Shop.StartAsync(server, live: live => live.UsePostgreSql());
        await using var connection = new NpgsqlConnection(shop.ConnectionString);
        await connection.OpenAsync();
        await using var db = shop.ContextOn(connection);
        await shop.App.StopAsync();
        await shop.App.DisposeAsync();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await db.Database.UseTransactionAsync(transaction);
            db.Add(new Shelf { Name = "late" });
            await db.SaveChangesAsync();
            await transaction.CommitAsync();
        }

        await connection.CloseAsync();
        await server.DropDatabaseAsync(shop.ConnectionString);
    }

    [Fact]
    public async Task A_batch_factory_of_the_application_s_own_is_refused_with_the_remedy()
    {
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => Shop.StartAsync(
            server,
            services: services => services.ConfigureDbContext<ShopDb>(o => o.ReplaceService<IModificationCommandBatchFactory, OwnFactory>()),
            live: live => live.UsePostgreSql()));
        Assert.Contains("replaces IModificationCommandBatchFactory", e.Message, StringComparison.Ordinal);
    }

    private sealed class OwnFactory(ModificationCommandBatchFactoryDependencies dependencies) : IModificationCommandBatchFactory
    {
        public ModificationCommandBatch Create() => new Npgsql.EntityFrameworkCore.PostgreSQL.Update.Internal.NpgsqlModificationCommandBatch(dependencies, 100);
    }
}
