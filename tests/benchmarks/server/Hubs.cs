using Microsoft.AspNetCore.SignalR;
using Microsoft.EntityFrameworkCore;

namespace BenchServer;

/// <summary>The reference's hub: who watches a list joins its group.</summary>
public sealed class PlainHub : Hub
{
    public Task Join(int listId) => Groups.AddToGroupAsync(Context.ConnectionId, $"list-{listId}");
}

/// <summary>Where the load program asks for writes; the same way for both sides.</summary>
public sealed class DriverHub : Hub
{
    /// <summary>LiveHub's side: the application saves, and that is all.</summary>
    public async Task SaveLive(int id, string title, LiveDb db)
    {
        var ticket = await db.Tickets.SingleAsync(t => t.Id == id);
        ticket.Title = title;
        await db.SaveChangesAsync();
    }

    /// <summary>The reference: saves, then sends the row to its list's group by hand.</summary>
    public async Task SavePlain(int id, string title, PlainDb db, IHubContext<PlainHub> hub)
    {
        var ticket = await db.Tickets.SingleAsync(t => t.Id == id);
        ticket.Title = title;
        await db.SaveChangesAsync();
        await hub.Clients.Group($"list-{ticket.ListId}").SendAsync("TicketChanged", ticket);
    }
}
