using System.Runtime.InteropServices;
using LiveHub.Changes;
using LiveHub.Protocol;
using LiveHub.Shapes;

namespace LiveHub.Routing;

/// <summary>Makes ops of diffs: a row that a connection sees through several shapes becomes one op. Reused; one thread at a time.</summary>
internal sealed class StepComposer
{
    private readonly List<long> _inserted = [];
    private readonly List<long> _updated = [];
    private readonly List<long> _deleted = [];

    private TransactionId _horizon;

    /// <summary>In exchange for what is taken from a queue: for so long nobody has it but that queue.</summary>
    private Deliveries? _spare;

    public Step Step { get; } = new();

    /// <inheritdoc cref="SendQueue.Take"/>
    public Deliveries? Take(SendQueue queue, long through)
    {
        var taken = queue.Take(_spare ??= new(), through);
        _spare = taken is null ? _spare : null;
        return taken;
    }

    /// <summary>What was taken is written.</summary>
    public void GiveBack(Deliveries deliveries)
    {
        deliveries.Clear();
        _spare = deliveries;
    }

    /// <param name="end">The position after the step.</param>
    /// <param name="horizon">Transactions below may be shown by a snapshot that the client has: they are named (rule 11).</param>
    public void Begin(Position end, TransactionId horizon = default)
    {
        Step.Clear();
        Step.End = end;
        _horizon = horizon;
    }

    /// <summary>Adds the diffs of one row; more of the same row must be added together.</summary>
    public void AddRow(ReadOnlySpan<Delivery> deliveries)
    {
        if (deliveries.Length == 1 && deliveries[0].Diff.IsShared && !deliveries[0].Change.IsBefore(_horizon))
        {
            Step.AddRow(deliveries[0].Diff.Op);
            return;
        }

        for (var i = 0; i < deliveries.Length; i++)
        {
            var projection = deliveries[i].Member.Shape.Shape.Projection;
            if (!SeenBefore(projection, deliveries[..i]))
            {
                AddOp(projection, deliveries[i..]);
            }
        }
    }

    private void AddOp(Projection projection, ReadOnlySpan<Delivery> deliveries)
    {
        _inserted.Clear();
        _updated.Clear();
        _deleted.Clear();
        foreach (var delivery in deliveries)
        {
            if (delivery.Member.Shape.Shape.Projection.Equals(projection))
            {
                var shapes = delivery.Kind switch
                {
                    DiffKind.Insert => _inserted,
                    DiffKind.Update => _updated,
                    _ => _deleted,
                };
                shapes.Add(delivery.Member.Shape.Id);
            }
        }

        var change = deliveries[0].Change;
        var part = _inserted.Count > 0 ? change.Full(projection)
            : _updated.Count > 0 ? change.Changed(projection)
            : change.KeyOnly();
        Step.AddRow(part, _inserted, _updated, _deleted, change.IsBefore(_horizon) ? change.Transaction : null);
    }

    private static bool SeenBefore(Projection projection, ReadOnlySpan<Delivery> earlier)
    {
        foreach (var delivery in earlier)
        {
            if (delivery.Member.Shape.Shape.Projection.Equals(projection))
            {
                return true;
            }
        }

        return false;
    }
}
