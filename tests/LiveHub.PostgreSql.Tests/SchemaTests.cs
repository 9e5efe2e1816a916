using LiveHub.Backplane;
using LiveHub.PostgreSql.Tests.Capture;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LiveHub.PostgreSql.Tests;

/// <summary>A schema for each tenant, in one database: what is shown is one of them.</summary>
public sealed class SchemaTests(PostgresServer server)
{
    [Theory, InlineData("change tracker"), InlineData("PostgreSQL")]
    public async Task G2_rows_of_another_schema_are_not_shown_as_rows_of_this_one(string capture)
    {
        var connectionString = await server.CreateDatabaseAsync();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddScoped<Tenant>();
        builder.Services.AddDbContext<TenantDb>(options => options.UseNpgsql(connectionString).ReplaceService<IModelCacheKeyFactory, BySchema>());
        builder.Services.AddLiveHub<TenantDb>(live => _ = capture == "PostgreSQL" ? live.Expose<Shelf>().UsePostgreSql() : live.Expose<Shelf>());
        using var app = builder.Build();
        await WithAsync(app, "home", db => db.Database.EnsureCreatedAsync());
        await WithAsync(app, "other", db => db.GetService<IRelationalDatabaseCreator>().CreateTablesAsync());
        await app.StartAsync();

        await WithAsync(app, "other", WriteAsync);
        Assert.Empty(await LogAsync(app));
        await WithAsync(app, "home", WriteAsync);
        Assert.Equal([["Insert Shelf 1 home"], ["Again Shelf"], ["Delete Shelf 1 all home"]], await LogAsync(app));

        await app.StopAsync();
        await server.DropDatabaseAsync(connectionString);
    }

    private static async Task WriteAsync(TenantDb db)
    {
        var shelf = new Shelf { Name = db.Schema };
        db.Add(shelf);
        await db.SaveChangesAsync();
        await db.Set<Shelf>().ExecuteUpdateAsync(set => set.SetProperty(s => s.Name, s => "all " + s.Name));
        await db.Entry(shelf).ReloadAsync();
        db.Remove(shelf);
        await db.SaveChangesAsync();
    }

    private static async Task WithAsync(IHost app, string schema, Func<TenantDb, Task> use)
    {
        await using var scope = app.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<Tenant>().Schema = schema;
        await use(scope.ServiceProvider.GetRequiredService<TenantDb>());
    }

    private static async Task<IEnumerable<string[]>> LogAsync(IHost app)
    {
        var log = app.Services.GetRequiredService<IBackplane>();
        return (await log.ReadRangeAsync(0, (await log.ReadHeadAsync(default)).Offset, default))!.Select(LogText.Of);
    }

    private sealed class Tenant
    {
        public string Schema { get; set; } = "home";
    }

    private sealed class TenantDb(DbContextOptions<TenantDb> options, Tenant tenant) : DbContext(options)
    {
        public string Schema => tenant.Schema;

        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.HasDefaultSchema(Schema).Entity<Shelf>();
    }

    private sealed class BySchema : IModelCacheKeyFactory
    {
        public object Create(DbContext context, bool designTime) => ((context as TenantDb)?.Schema, designTime);
    }
}
