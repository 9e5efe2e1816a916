using System.Diagnostics;
using LiveHub.Capture;
using LiveHub.Changes;
using LiveHub.Model;
using Microsoft.AspNetCore.SignalR;

namespace BenchServer;

/// <summary>What the reference sends for a change: the row's key and the columns that changed, as LiveHub's diff has them.</summary>
public sealed record TicketChange(int Id, string Title, bool Done);

/// <summary>
/// Changes on their way to those who watch a list, as fast as the server sends them, without a database on either side: LiveHub begins with what capture
/// publishes after a commit, the reference with the objects that it is to send, one call a change.
/// </summary>
public static class FanOut
{
    private const int ListId = 1;

    /// <summary>After all that the database has.</summary>
    private const long First = 1L << 50;

    private static long _stamps;

    public static void MapFanOut(this IEndpointRouteBuilder endpoints)
    {
        var log = new TicketLog();
        endpoints.MapPost("/fanout/live", (int changes, int? from, IServiceProvider services) => log.AppendAsync(from ?? 1, changes, services));
        endpoints.MapPost("/fanout/plain", (int changes, int? from, IHubContext<PlainHub> hub) => SendAsync(from ?? 1, changes, hub.Clients.Group($"list-{ListId}")));
        endpoints.MapPost("/fanout/bare", (int changes, int? from, IHubContext<PlainHub> hub) => SendAsync(from ?? 1, changes, hub.Clients.All));
        endpoints.MapGet("/process", () => new { cpuMs = CpuMs() });
    }

    /// <summary>The n-th change: of ten rows in turn, its title and whether it is done.</summary>
    private static TicketChange Change(int n) => new(1 + (n % 10), $"The title of a ticket that has been changed for the {n:D7}th time", (n / 10) % 2 == 0);

    /// <summary>Of a transaction after all others.</summary>
    internal static Stamp NextStamp()
    {
        var n = First + Interlocked.Increment(ref _stamps);
        return new(n, new((ulong)n));
    }

    /// <summary>What a transaction wrote that made the n-th change, without one before it.</summary>
    internal static ChangesetBuilder Written(Entity entity, int n)
    {
        var change = Change(n);
        var builder = new ChangesetBuilder();
        builder.Add(entity, Row(entity, change with { Title = "", Done = !change.Done }), Row(entity, change));
        return builder;
    }

    private static Row Row(Entity entity, TicketChange change) => new([.. entity.Columns.Select(column => (object)(column.PropertyName switch
    {
        nameof(Ticket.Id) => change.Id,
        nameof(Ticket.Title) => change.Title,
        nameof(Ticket.ListId) => ListId,
        nameof(Ticket.Done) => change.Done,
        var other => throw new InvalidOperationException($"Ticket.{other} is new: say what it holds."),
    }))]);

    private static double CpuMs()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime.TotalMilliseconds;
    }

    private static async Task<object> SendAsync(int from, int changes, IClientProxy clients)
    {
        var prepared = Enumerable.Range(from, changes).Select(Change).ToArray();
        var start = Stopwatch.GetTimestamp();
        var cpuMs = CpuMs();
        foreach (var change in prepared)
        {
            await clients.SendAsync("TicketChanged", change);
        }

        return new { start, cpuMs };
    }

    /// <summary>The rows as LiveHub's log has them, from run to run.</summary>
    private sealed class TicketLog
    {
        private readonly Dictionary<int, Row> _rows = [];

        public async Task<object> AppendAsync(int from, int changes, IServiceProvider services)
        {
            var entity = services.GetRequiredService<LiveModel>().Find("Ticket")!;
            var prepared = Enumerable.Range(from, changes).Select(n => Written(entity, Change(n))).ToArray();
            var publisher = services.GetRequiredService<ChangesetPublisher>();
            var start = Stopwatch.GetTimestamp();
            var cpuMs = CpuMs();

            await Task.Run(() => Array.ForEach(prepared, written => publisher.Publish(written, NextStamp())));
            return new { start, cpuMs };
        }

        /// <summary>What a transaction wrote.</summary>
        private ChangesetBuilder Written(Entity entity, TicketChange change)
        {
            var before = _rows.GetValueOrDefault(change.Id) ?? Row(entity, change with { Title = "", Done = !change.Done });
            var after = _rows[change.Id] = Row(entity, change);
            var builder = new ChangesetBuilder();
            builder.Add(entity, before, after);
            return builder;
        }
    }
}
