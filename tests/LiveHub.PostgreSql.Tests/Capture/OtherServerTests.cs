using System.Transactions;
using LiveHub.PostgreSql.Tests.Infrastructure;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>Another tenant's server, on which the database has the same name.</summary>
public sealed class OtherServerTests(Database18 database, Postgres15 other) : IClassFixture<Database18>, IAsyncLifetime
{
    private NpgsqlConnectionStringBuilder _other = null!;

    public async ValueTask InitializeAsync()
    {
        await database.ResetAsync();
        var any = await other.CreateDatabaseAsync();

        // A pool for each test: the database is dropped with it.
        _other = new(any) { Database = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database, ApplicationName = $"{Guid.NewGuid()}" };
        await PostgresServer.ExecuteAsync(any, $"create database \"{_other.Database}\"");
        await other.DropDatabaseAsync(any);
        await using var plain = new ShopDb(new DbContextOptionsBuilder<ShopDb>().UseNpgsql(_other.ConnectionString).Options);
        await plain.Database.EnsureCreatedAsync();
    }

    public ValueTask DisposeAsync() => new(other.DropDatabaseAsync(_other.ConnectionString));

    [Theory, InlineData("opened by EF Core"), InlineData("opened by the application"), InlineData("multiplexing"), InlineData("scope"), InlineData("rolled back by ADO.NET"), InlineData("bulk")]
    public async Task G1_G8_rows_of_another_server_are_not_shown_however_they_are_written(string way)
    {
        await using var app = await CaptureApp.StartAsync(database.ConnectionString, new InterceptorMode(), new());
        await app.WithAsync<ShopDb>(db => db.Shelves.CountAsync());
        _other.Multiplexing = way == "multiplexing";
        await using var connection = new NpgsqlConnection(_other.ConnectionString);
        await using var db = app.On<ShopDb>(connection);
        db.Add(new Shelf { Name = "theirs" });
        switch (way)
        {
            case "opened by the application":
                await connection.OpenAsync();
                await db.SaveChangesAsync();
                break;
            case "scope":
                using (var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
                {
                    await db.SaveChangesAsync();
                    scope.Complete();
                }

                break;
            case "rolled back by ADO.NET":
                await connection.OpenAsync();
                await using (var transaction = await connection.BeginTransactionAsync())
                {
                    await db.Database.UseTransactionAsync(transaction);
                    await db.SaveChangesAsync();
                    await transaction.RollbackAsync();
                }

                break;
            case "bulk":
                await connection.OpenAsync();
                await db.Tags.ExecuteDeleteAsync();
                await db.Shelves.ExecuteUpdateAsync(set => set.SetProperty(s => s.Name, "theirs"));
                break;
            default:
                await db.SaveChangesAsync();
                break;
        }

        // Whoever asks how a transaction ended has asked more than once by then.
        await Task.Delay(100);
        Assert.Equal(0, (await app.Log.ReadHeadAsync(default)).Offset);
    }
}
