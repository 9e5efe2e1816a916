using LiveHub.Backplane;
using LiveHub.PostgreSql.Tests.Infrastructure;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>Through a pooler that hides the server's connections.</summary>
public sealed class PgBouncerTests(Database18 database) : IClassFixture<Database18>, IAsyncLifetime
{
    private readonly NpgsqlConnectionStringBuilder _server = new(database.ConnectionString);

    public async ValueTask InitializeAsync() => await database.ResetAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Rule_1_saves_transactions_savepoints_and_bulk_commands_through_a_pooler_are_what_they_are_without()
    {
        await using var bouncer = await PgBouncer.StartAsync(_server, _server.Port);
        await using var app = await StartAsync(bouncer.Port);
        await app.WithAsync<ShopDb>(async db =>
        {
            var shelf = new Shelf { Name = "one" };
            db.Add(shelf);
            await db.SaveChangesAsync();
            await using var transaction = await db.Database.BeginTransactionAsync();
            shelf.Name = "two";
            db.Add(new Shelf { Name = "with it" });
            await db.SaveChangesAsync();
            await transaction.CreateSavepointAsync("here");
            shelf.Name = "never";
            await db.SaveChangesAsync();
            await transaction.RollbackToSavepointAsync("here");
            await transaction.CommitAsync();
            await db.Shelves.ExecuteUpdateAsync(set => set.SetProperty(s => s.Name, s => s.Name + "!"));
        });

        Assert.Equal(
            [["Insert Shelf 3 one"], ["Insert Shelf 4 with it", "Update Shelf 3 one -> two"], ["Again Shelf"]],
            (await LogAsync(app)).Select(changes => changes.Order(StringComparer.Ordinal).ToArray()));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task G2_what_the_pooler_loses_the_answer_to_is_read_again(bool bulk)
    {
        await using var proxy = new LossyProxy(_server.Host!, _server.Port);
        await using var bouncer = await PgBouncer.StartAsync(_server, proxy.Port);
        await using var app = await StartAsync(bouncer.Port);
        await app.WithAsync<ShopDb>(async db =>
        {
            proxy.Lose(Loss.Answer, bulk ? "UPDATE" : "INSERT INTO");
            db.Add(new Shelf { Name = "lost" });
            await Assert.ThrowsAnyAsync<Exception>(() => bulk ? db.Shelves.ExecuteUpdateAsync(set => set.SetProperty(s => s.Name, "lost")) : db.SaveChangesAsync());
        });

        await AssertReadAgainAsync(app, times: 1);
    }

    [Fact]
    public async Task G2_what_is_committed_long_after_its_client_was_cut_off_is_read_again_then()
    {
        await using var bouncer = await PgBouncer.StartAsync(_server, _server.Port);
        await using var proxy = new LossyProxy("127.0.0.1", bouncer.Port);
        await using var app = await StartAsync(proxy.Port);
        await using var blocker = new NpgsqlConnection(database.ConnectionString);
        await blocker.OpenAsync();
        await using var held = await blocker.BeginTransactionAsync();
        await PostgresSql.ExecuteAsync(blocker, "lock table \"Shelves\" in exclusive mode");
        await app.WithAsync<ShopDb>(async db =>
        {
            proxy.Lose(Loss.Wait, "INSERT INTO");
            db.Add(new Shelf { Name = "lost" });
            await Assert.ThrowsAnyAsync<Exception>(() => db.SaveChangesAsync());
        });

        await AssertReadAgainAsync(app, times: 1);
        await held.RollbackAsync();
        await AssertReadAgainAsync(app, times: 2);
    }

    private Task<CaptureApp> StartAsync(int port) => CaptureApp.StartAsync(database.ConnectionString, new InterceptorMode(), new()
    {
        Connection = c => (c.Host, c.Port, c.NoResetOnClose, c.SslMode) = ("127.0.0.1", port, true, SslMode.Disable),
    });

    private static async Task AssertReadAgainAsync(CaptureApp app, int times)
    {
        IReadOnlyList<string[]> log = [];
        await Until.TrueAsync(() => (log = LogAsync(app).Result).Count >= times, () => $"not read again: {log.Count}");
        Assert.Equal(Enumerable.Repeat<string[]>(["Again Shelf"], times), log);
    }

    private static async Task<IReadOnlyList<string[]>> LogAsync(CaptureApp app)
        => [.. (await app.Log.ReadRangeAsync(0, (await app.Log.ReadHeadAsync(default)).Offset, default))!.Select(LogText.Of)];
}
