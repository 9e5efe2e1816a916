using System.Text;
using System.Text.Json.Nodes;
using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Diagnostics;
using LiveHub.Model;
using LiveHub.Protocol;
using LiveHub.Routing;
using LiveHub.Shapes;
using LiveHub.Snapshots;
using LiveHub.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace LiveHub.Tests.Routing;

/// <summary>Pieces of the router, put together by hand.</summary>
internal static class Pieces
{
    public static SendQueue Queue(int maxRows = 1000, Action<bool>? onReady = null, Action? onGivenUp = null, IServiceProvider? services = null)
        => new(maxRows, new Writer(onReady, onGivenUp), services is null ? Unheard : services.GetRequiredService<LiveHubMetrics>());

    /// <summary>The diffs that wait, up to an offset.</summary>
    public static List<Delivery> TakeAll(this SendQueue queue, long through = long.MaxValue)
        => [.. (queue.Take(new(), through) ?? throw new InvalidOperationException("The queue has overflowed.")).Span];

    public static bool HasOverflowed(this SendQueue queue) => queue.Take(new(), -1) is null;

    /// <summary>Counts for nobody.</summary>
    private static LiveHubMetrics Unheard { get; } = Measured.Services().GetRequiredService<LiveHubMetrics>();

    public static RowOrder Order(LogRetention? retention = null, TimeProvider? time = null, SnapshotsInProgress? snapshots = null)
        => new(Options.Create(new LiveHubOptions { LogRetention = retention ?? new() }), snapshots ?? InProgress(time), time ?? TimeProvider.System);

    public static SnapshotsInProgress InProgress(TimeProvider? time = null) => new(Options.Create(new LiveHubOptions()), time ?? TimeProvider.System);

    public static Router Router(IBackplane log, LogRetention? retention = null, IServiceProvider? services = null)
        => new(log, Order(retention), (services ?? Measured.Services()).GetRequiredService<LiveHubMetrics>(), TimeProvider.System, new(NullLogger<Router>.Instance));

    /// <summary>The columns of a row as clients get them.</summary>
    public static JsonObject Shown(Projection projection, Row row)
        => Part(new RoutedChange(Change.Between(projection.Entity, 1, null, row)!, default).Full(projection))["row"]!.AsObject();

    public static LiveShape Live(Shape shape, long id = 1) => new(id, shape, IndexedTerm.Of(shape));

    public static ShapeMember Member(Shape shape, long id = 1) => new(Live(shape, id), Queue());

    /// <summary>What a change means for some shapes.</summary>
    public static void AddChange(this StepComposer composer, Change change, params IEnumerable<ShapeMember> members)
    {
        var routed = new RoutedChange(change, default);
        composer.AddRow([.. members
            .Select(m => new Delivery(new(routed, m.Shape, m.Shape.Shape.Entity == change.Entity ? Differ.Diff(m.Shape.Shape, change) : DiffKind.None, isShared: false), m))
            .Where(d => d.Kind is not DiffKind.None)]);
    }

    public static string Text(ReadOnlyMemory<byte> json) => Encoding.UTF8.GetString(json.Span);

    /// <summary>A row part is an object that is still open.</summary>
    public static JsonObject Part(ReadOnlyMemory<byte> part) => JsonNode.Parse(Text(part) + "}")!.AsObject();

    public static List<JsonObject> Ops(Step step) => [.. Enumerable.Range(0, step.Count).Select(i =>
    {
        var (head, rows, size) = step.Piece(i, out var own);
        Assert.Equal(size, head.Length + own.Length + rows.Length);
        return JsonNode.Parse(Text(head) + Encoding.UTF8.GetString(own) + Text(rows))!.AsObject();
    })];

    /// <summary>A change as a shape sees it, from the definition: what matched, what matches, what it shows.</summary>
    public static DiffKind Definition(Shape shape, Change change)
    {
        var matched = change.Before is { } before && shape.Matches(before);
        var matches = change.After is { } after && shape.Matches(after);
        return (matched, matches) switch
        {
            (false, true) => DiffKind.Insert,
            (true, false) => DiffKind.Delete,
            (true, true) when shape.Projection.Columns.Any(c => !Values.AreIdentical(change.Before![c.Ordinal], change.After![c.Ordinal])) => DiffKind.Update,
            _ => DiffKind.None,
        };
    }

    private sealed class Writer(Action<bool>? onReady, Action? onGivenUp) : IQueueWriter
    {
        public void Flush(bool here) => onReady?.Invoke(here);

        public void GiveUp(string reason) => onGivenUp?.Invoke();
    }
}
