using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Routing;
using LiveHub.Shapes;

namespace LiveHub.Tests.Routing;

/// <summary>A log that was routed, and what the router made of it for one connection with some shapes.</summary>
internal sealed class RoutedLog
{
    private readonly Router _router;
    private readonly List<ShapeMember> _members;

    private RoutedLog(Router router, List<ShapeMember> members, List<(long Offset, List<JsonObject> Ops)> steps)
    {
        _router = router;
        _members = members;
        Steps = steps;
    }

    /// <summary>The steps that the connection is sent.</summary>
    public IReadOnlyList<(long Offset, List<JsonObject> Ops)> Steps { get; }

    public static RoutedLog Of(IReadOnlyList<Shape> shapes, IEnumerable<Change[]> entries)
    {
        var log = new LosingLog();
        var router = Pieces.Router(log, new() { Count = 10_000_000, Bytes = long.MaxValue });
        var queue = Pieces.Queue(int.MaxValue, onGivenUp: () => Assert.Fail("The connection is given up."));
        router.Attach(queue);
        var members = shapes.Select(shape => router.Join(shape, queue)).ToList();
        var count = 0;
        foreach (var entry in entries)
        {
            log.Append(entry);
            count++;
        }

        // What the log holds already is routed before the router first waits.
        using var stopping = new CancellationTokenSource();
        _ = router.RunAsync(stopping.Token);
        Assert.Equal(count, router.Routed.Offset);
        stopping.Cancel();
        return new(router, members, Compose(queue.TakeAll()));
    }

    /// <summary>A shape's number.</summary>
    public long Id(int shape) => _members[shape].Shape.Id;

    /// <summary>What joins the snapshots of some shapes that enter at a position.</summary>
    public List<JsonObject> Joined(long from, long position, IEnumerable<int> shapes) => CatchUp(from, position, shapes, mayShowMore: true);

    /// <summary>What some shapes get at a position whose rows are as of an earlier one.</summary>
    public List<JsonObject> Missed(long from, long position, IEnumerable<int> shapes) => CatchUp(from, position, shapes, mayShowMore: false);

    /// <summary>The snapshots of some shapes of a table.</summary>
    public Dictionary<long, IEnumerable<JsonObject>> Snapshots(IEnumerable<int> shapes, IReadOnlyCollection<Row> table)
        => shapes.Select(shape => _members[shape].Shape).ToDictionary(s => s.Id, s => table.Where(s.Shape.Matches).Select(row => Pieces.Shown(s.Shape.Projection, row)));

    /// <summary>Every collection is what its shape is on the table.</summary>
    /// <param name="shapes">Those that the client has; all where that is null.</param>
    public void IsOnTable(ModelClient client, IReadOnlyCollection<Row> table, Func<string> otherwise, int[]? shapes = null)
    {
        foreach (var live in (shapes ?? [.. Enumerable.Range(0, _members.Count)]).Select(shape => _members[shape].Shape))
        {
            var expected = table.Where(live.Shape.Matches).Select(row => Pieces.Shown(live.Shape.Projection, row).ToJsonString()).Order();
            Assert.True(expected.SequenceEqual(client.Rows(live.Id)), $"{live.Shape}: {otherwise()}");
        }
    }

    private List<JsonObject> CatchUp(long from, long position, IEnumerable<int> shapes, bool mayShowMore)
    {
        var composer = new StepComposer();
        composer.Begin(new(position, 0));
        var catchUp = new CatchUp(shapes.Select(shape => new BehindShape(_members[shape], from, mayShowMore)));
        foreach (var entry in _router.ReadRouted(from, position)!)
        {
            catchUp.Add(entry);
        }

        catchUp.AddTo(composer);
        return Pieces.Ops(composer.Step);
    }

    private static List<(long Offset, List<JsonObject> Ops)> Compose(List<Delivery> deliveries)
    {
        var steps = new List<(long, List<JsonObject>)>();
        var composer = new StepComposer();
        for (var i = 0; i < deliveries.Count;)
        {
            var position = deliveries[i].Change.Position;
            composer.Begin(position);
            while (i < deliveries.Count && deliveries[i].Change.Position == position)
            {
                var first = i;
                while (++i < deliveries.Count && deliveries[i].Change == deliveries[first].Change)
                {
                }

                composer.AddRow(CollectionsMarshal.AsSpan(deliveries)[first..i]);
            }

            steps.Add((position.Offset, Pieces.Ops(composer.Step)));
        }

        return steps;
    }
}
