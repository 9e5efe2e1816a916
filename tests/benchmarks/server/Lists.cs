using Microsoft.EntityFrameworkCore;

namespace BenchServer;

/// <summary>Lists of many tickets, of which a few change, for the bench `reconnect`.</summary>
public static class Lists
{
    private const int FirstList = 2_001;

    public static void MapLists(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/lists/fill", FillAsync);
        endpoints.MapPost("/lists/change", ChangeAsync);
    }

    private static async Task FillAsync(int lists, int rows, PlainDb db)
    {
        db.AddRange(Enumerable.Range(0, lists * rows).Select(n => new Ticket { Title = $"The title of ticket {n:D6}, as long as titles are", ListId = FirstList + (n / rows) }));
        await db.SaveChangesAsync();
    }

    /// <summary>In each list so many rows get a new title, with one save a list.</summary>
    private static async Task ChangeAsync(int lists, int rows, int round, LiveDb db)
    {
        for (var list = FirstList; list < FirstList + lists; list++)
        {
            foreach (var ticket in await db.Tickets.Where(t => t.ListId == list).OrderBy(t => t.Title).Take(rows).ToListAsync())
            {
                ticket.Title = $"The title of ticket {ticket.Id:D6}, changed in round {round:D3}";
            }

            await db.SaveChangesAsync();
        }
    }
}
