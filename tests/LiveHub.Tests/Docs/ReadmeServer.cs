using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Tests.Docs;

/// <summary>The README's server, compiled: <see cref="DocsTests"/> holds the two equal.</summary>
public static class ReadmeServer
{
    public static void Run(string[] args)
    {
        // README begin
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddDbContextPool<BoardDb>(options => options.UseNpgsql(builder.Configuration.GetConnectionString("Board")));
        builder.Services.AddLiveHub<BoardDb>(live => live      // deny by default: only what is exposed can be subscribed to
            .Expose<Board>()
            .Expose<BoardList>(name: "List")
            .Expose<Card>(card => card.Hide(c => c.InternalNote))
            .UsePostgreSql());                                 // package LiveHub.PostgreSql: rows as they are stored, versions

        var app = builder.Build();
        app.MapLiveHub("/live");
        app.MapPost("/cards/{id:int}/done", async (int id, BoardDb db) =>
        {
            (await db.Cards.SingleAsync(c => c.Id == id)).Done = true;
            await db.SaveChangesAsync();                       // that is all: every browser that shows the card follows
        });
        app.Run();
        // README end
    }

    public static void Unseen(WebApplication app)
    {
        // README begin
        app.MapPost("/lists/{id:int}/archive", async (int id, BoardDb db, ILiveHub live) =>
        {
            await db.Database.ExecuteSqlAsync($"update \"Cards\" set \"Done\" = true where \"ListId\" = {id}");
            await live.InvalidateAsync<Card>(c => c.ListId == id);          // raw SQL: these rows have changed
        });
        app.MapDelete("/archive", async (int year, BoardDb db, ILiveHub live) =>
        {
            await db.Database.ExecuteSqlAsync($"delete from \"Lists\" where \"Year\" = {year}");
            await live.InvalidateAsync<BoardList>();
            await live.InvalidateAsync<Card>();                             // and what the database's cascade took along
        });
        app.MapPost("/imported", async (int[] cards, ILiveHub live) =>      // another program tells what it has written
            await live.InvalidateAsync<Card>(cards.Cast<object>()));        // by key; or all of them: InvalidateAsync<Card>()
        // README end
    }

    public sealed class BoardDb(DbContextOptions<BoardDb> options) : DbContext(options)
    {
        public DbSet<Board> Boards => Set<Board>();

        public DbSet<BoardList> Lists => Set<BoardList>();

        public DbSet<Card> Cards => Set<Card>();
    }

    public sealed class Board
    {
        public int Id { get; set; }
    }

    public sealed class BoardList
    {
        public int Id { get; set; }
    }

    public sealed class Card
    {
        public int Id { get; set; }

        public int ListId { get; set; }

        public bool Done { get; set; }

        public string InternalNote { get; set; } = "";
    }
}
