using LiveHub.PostgreSql.Tests.Capture;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LiveHub.PostgreSql.Tests;

/// <summary>What the application tells does not wait for PostgreSQL: snapshots say which transactions they show.</summary>
public sealed class InvalidationTests(Database18 database) : IClassFixture<Database18>
{
    [Fact]
    public async Task Rule_5_an_invalidation_waits_neither_for_the_locks_of_its_table_nor_for_saves_that_do()
    {
        await database.ResetAsync();
        await using var app = await CaptureApp.StartAsync(database.ConnectionString, new InterceptorMode(), new());
        await using var connection = new NpgsqlConnection(app.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await PostgresSql.ExecuteAsync(connection, """lock table "Shelves" in access exclusive mode""");
        var save = app.WithAsync<ShopDb>(db =>
        {
            db.Add(new Shelf { Name = "waits" });
            return db.SaveChangesAsync();
        });
        const string Waits = "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')";
        await Until.TrueAsync(() => Equals(PostgresSql.ReadAsync(app.ConnectionString, Waits).Result, true), () => "the save does not wait");

        await AssertToldAsync(app);

        Assert.False(save.IsCompleted);
        await transaction.CommitAsync();
        await save;
    }

    [Fact]
    public async Task Rule_5_an_invalidation_does_not_need_a_database_that_can_be_reached()
    {
        var server = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var proxy = new LossyProxy(server.Host!, server.Port);
        await using var app = await CaptureApp.StartAsync(
            database.ConnectionString, new InterceptorMode(), new() { Connection = c => (c.Host, c.Port) = ("127.0.0.1", proxy.Port) });
        await proxy.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => app.WithAsync<ShopDb>(db => db.Shelves.CountAsync()));

        await AssertToldAsync(app);
    }

    /// <summary>All that was told is in the log when the calls return.</summary>
    private static async Task AssertToldAsync(CaptureApp app)
    {
        var live = app.Services.GetRequiredService<ILiveHub>();
        Task[] calls = [live.InvalidateAsync<Shelf>(), live.InvalidateAsync<Shelf>(s => s.Id == 1), live.InvalidateAsync<Shelf>([1]), live.InvalidateAsync("Shelf")];
        Assert.All(calls, call => Assert.True(call.IsCompletedSuccessfully, $"a call is {call.Status}"));
        var head = (await app.Log.ReadHeadAsync(default)).Offset;
        Assert.Equal(Enumerable.Repeat<string[]>(["Again Shelf"], calls.Length), (await app.Log.ReadRangeAsync(0, head, default))!.Select(LogText.Of));
    }
}
