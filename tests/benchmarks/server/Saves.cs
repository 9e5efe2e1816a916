using System.Diagnostics;
using Microsoft.EntityFrameworkCore;

namespace BenchServer;

/// <summary>Times SaveChanges of either side: the same context type but for LiveHub, the same table, the same rows.</summary>
public static class Saves
{
    public static void MapSaves(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/save/live", (string kind, int rows, int saves, LiveDb db) => MeasureAsync(db, db.Tickets, kind, rows, saves));
        endpoints.MapPost("/save/plain", (string kind, int rows, int saves, PlainDb db) => MeasureAsync(db, db.Tickets, kind, rows, saves));
    }

    /// <returns>Milliseconds for all saves, and a sum over what is stored after them, by which both sides are seen to have done the same.</returns>
    private static async Task<object> MeasureAsync(DbContext db, DbSet<Ticket> tickets, string kind, int rows, int saves)
    {
        // A list of its own for each number of rows, so that nothing else is touched.
        var list = 1_000 + rows;
        await tickets.Where(t => t.ListId == list).ExecuteDeleteAsync();
        var tracked = kind == "update" ? await InsertAsync(db, list, rows) : [];
        var watch = new Stopwatch();
        for (var i = 0; i < saves; i++)
        {
            if (kind == "update")
            {
                tracked.ForEach(t => t.Title = $"title {i}");
            }
            else
            {
                db.ChangeTracker.Clear();
                db.AddRange(Enumerable.Range(0, rows).Select(n => new Ticket { Title = $"title {n}", ListId = list }));
            }

            watch.Start();
            await db.SaveChangesAsync();
            watch.Stop();
        }

        db.ChangeTracker.Clear();
        return new
        {
            milliseconds = watch.Elapsed.TotalMilliseconds,
            stored = await tickets.Where(t => t.ListId == list).GroupBy(t => t.Title).OrderBy(g => g.Key).Select(g => $"{g.Key}: {g.Count()}").ToListAsync(),
        };
    }

    private static async Task<List<Ticket>> InsertAsync(DbContext db, int list, int rows)
    {
        var tickets = Enumerable.Range(0, rows).Select(n => new Ticket { Title = $"title {n}", ListId = list }).ToList();
        db.AddRange(tickets);
        await db.SaveChangesAsync();
        return tickets;
    }
}
