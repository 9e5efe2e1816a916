using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>Triggers of which the model does not tell.</summary>
public sealed class TriggerTests(PostgresServer server)
{
    [Fact]
    public async Task Rule_3_a_trigger_that_is_found_at_start_up_and_writes_a_row_once_more_is_in_what_is_published()
    {
        var connectionString = await server.CreateDatabaseAsync();
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddDbContext<ShopDb>(options => options.UseNpgsql(connectionString));
        builder.Services.AddLiveHub<ShopDb>(live => live.Expose<Shelf>().UsePostgreSql());
        await using var app = builder.Build();
        await using var scope = app.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ShopDb>();
        await db.Database.EnsureCreatedAsync();
        await PostgresServer.ExecuteAsync(connectionString, """
            create function shout() returns trigger language plpgsql as $$ begin
              update "Shelves" set "Name" = upper("Name") where "Id" = new."Id" and "Name" <> upper("Name"); return null; end $$;
            create trigger shout after insert or update on "Shelves" for each row execute function shout();
            """);
        await app.StartAsync();
        var log = app.Services.GetRequiredService<IBackplane>();

        var shelf = new Shelf { Name = "top" };
        db.Add(shelf);
        await db.SaveChangesAsync();
        shelf.Name = "bottom";
        await db.SaveChangesAsync();

        var entries = (await log.ReadRangeAsync(0, (await log.ReadHeadAsync(default)).Offset, default))!;
        Assert.Equal(2, entries.Count);
        Assert.Single(entries[0].Changeset.Invalidations);
        var update = Assert.Single(entries[1].Changeset.Changes);
        Assert.Equal(Operation.Update, update.Operation);
        Assert.Equal("BOTTOM", update.After![update.Entity.Columns.Single(c => c.PropertyName == "Name").Ordinal]);
        await app.StopAsync();
        await server.DropDatabaseAsync(connectionString);
    }
}
