using LiveHub.Backplane;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>Tables whose names mean something else in a statement.</summary>
public sealed class OddTablesTests(PostgresServer server)
{
    [Theory, InlineData("old"), InlineData("new"), InlineData("t0"), InlineData("k")]
    public async Task Rule_2_a_table_may_have_any_name(string table)
    {
        var connectionString = await server.CreateDatabaseAsync();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(new TableName(table));
        builder.Services.AddDbContext<OddTableDb>(options => options.UseNpgsql(connectionString).ReplaceService<IModelCacheKeyFactory, ByTable>());
        builder.Services.AddLiveHub<OddTableDb>(live => live.Expose<Shelf>().UsePostgreSql());
        using var app = builder.Build();
        await using var scope = app.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<OddTableDb>();
        await db.Database.EnsureCreatedAsync();
        await app.StartAsync();

        var shelf = new Shelf { Name = "a" };
        db.Add(shelf);
        await db.SaveChangesAsync();
        shelf.Name = "b";
        await db.SaveChangesAsync();
        db.Remove(shelf);
        await db.SaveChangesAsync();

        var log = app.Services.GetRequiredService<IBackplane>();
        var entries = (await log.ReadRangeAsync(0, (await log.ReadHeadAsync(default)).Offset, default))!;
        Assert.Equal([["Insert Shelf 1 a"], ["Update Shelf 1 a -> b"], ["Delete Shelf 1 b"]], entries.Select(LogText.Of));
        await app.StopAsync();
        await server.DropDatabaseAsync(connectionString);
    }

    private sealed record TableName(string Value);

    private sealed class OddTableDb(DbContextOptions<OddTableDb> options, TableName table) : DbContext(options)
    {
        public string Table => table.Value;

        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<Shelf>().ToTable(Table);
    }

    private sealed class ByTable : IModelCacheKeyFactory
    {
        public object Create(DbContext context, bool designTime) => ((context as OddTableDb)?.Table, designTime);
    }
}
