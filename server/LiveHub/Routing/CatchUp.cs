using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Model;

namespace LiveHub.Routing;

/// <summary>
/// What a range of the log means for shapes that are as of its beginning: each row once, with its latest state (rule 20). For rows that a client
/// holds, and for rows that were just read.
/// </summary>
internal sealed class CatchUp
{
    private readonly SubscriptionIndex _index = new();
    private readonly List<IndexedShape> _found = [];
    private readonly Dictionary<(Entity Entity, KeyValues Key), RowSoFar> _rows = [];

    /// <param name="behind">The shapes; no two of one member.</param>
    public CatchUp(IEnumerable<BehindShape> behind)
    {
        foreach (var shape in behind)
        {
            _index.Add(shape);
        }
    }

    /// <summary>Takes the next entry in, as it was routed.</summary>
    public void Add(LogEntry entry)
    {
        foreach (var change in entry.Changeset.Changes)
        {
            _found.Clear();
            _index.Find(change, _found);
            foreach (BehindShape shape in _found)
            {
                if (entry.Position.Offset > shape.After && !shape.Shows(entry.Changeset.Transaction)
                    && (Differ.Diff(shape.Shape, change) is var kind && kind is not DiffKind.None || (change is { IsLate: true, Before: { } before } && shape.Shape.Matches(before))))
                {
                    RowOf(change).Add(shape, kind, change, change.LeftBy(entry.Changeset));
                }
            }
        }
    }

    /// <summary>Adds to a step what it all comes to.</summary>
    public void AddTo(StepComposer composer)
    {
        foreach (var row in _rows.Values)
        {
            row.AddTo(composer);
        }
    }

    private RowSoFar RowOf(Change change)
    {
        var key = (change.Entity, change.Key);
        if (!_rows.TryGetValue(key, out var row))
        {
            _rows.Add(key, row = new());
        }

        return row;
    }

    private sealed class RowSoFar
    {
        private readonly List<Outcome> _outcomes = [];
        private Change? _all;
        private Change? _last;

        /// <summary>Which has left the row as it is now.</summary>
        private TransactionId? _transaction;

        public void Add(BehindShape shape, DiffKind kind, Change change, TransactionId? transaction)
        {
            // A change is found for one shape after the other.
            if (_last != change)
            {
                _transaction = transaction;
                _all = _all?.Then(change) ?? change;
                _last = change;
            }

            var place = _outcomes.FindIndex(o => o.Shape == shape);
            if (place < 0)
            {
                place = _outcomes.Count;
                _outcomes.Add(new(shape, WasThere: kind is not DiffKind.Insert || shape.MayShow(transaction), NeedsAll: false, IsChanged: false));
            }

            _outcomes[place] = _outcomes[place].Then(kind, change.IsLate);
        }

        public void AddTo(StepComposer composer)
        {
            var routed = new RoutedChange(_all!, default, _transaction);
            composer.AddRow([.. _outcomes.Select(o => (o.Shape.Member, Kind: o.Total(_all!.After))).Where(o => o.Kind is not DiffKind.None)
                .Select(o => new Delivery(new(routed, o.Member.Shape, o.Kind, isShared: false), o.Member))]);
        }
    }

    /// <summary>What has become of a row in one shape.</summary>
    /// <param name="WasThere">Whether the reader may have it from before: it is told of the end then.</param>
    /// <param name="NeedsAll">Whether it came in meanwhile: who shows it needs all of it then.</param>
    /// <param name="IsChanged">Whether there is anything to tell of it.</param>
    private readonly record struct Outcome(BehindShape Shape, bool WasThere, bool NeedsAll, bool IsChanged)
    {
        /// <param name="after">The row's latest state, whoever has seen it: where something of it comes late, that tells more than the last diff.</param>
        public DiffKind Total(Row? after)
            => after is null || !Shape.Shape.Matches(after) ? (WasThere ? DiffKind.Delete : DiffKind.None)
            : NeedsAll ? DiffKind.Insert
            : IsChanged ? DiffKind.Update
            : DiffKind.None;

        /// <summary>What came late tells how the row was before what is known already; the reader may have that, whatever came in after it.</summary>
        public Outcome Then(DiffKind kind, bool isLate) => new(Shape, WasThere || isLate, NeedsAll || kind is DiffKind.Insert or DiffKind.Delete, IsChanged || kind is not DiffKind.None);
    }
}

/// <summary>A shape of a connection whose rows are as of an earlier place in the log.</summary>
/// <param name="member">The connection's part in it.</param>
/// <param name="after">They are as of this offset.</param>
/// <param name="mayShowMore">Whether they may show some of what comes after it, whichever transaction it is of.</param>
/// <param name="horizon">They show nothing of transactions from here on.</param>
/// <param name="shown">Which transactions they show, where they were just read.</param>
internal sealed class BehindShape(ShapeMember member, long after, bool mayShowMore, TransactionId horizon = default, TransactionSnapshot? shown = null)
    : IndexedShape(member.Shape.Shape, member.Shape.Indexed)
{
    public ShapeMember Member => member;

    public long After => after;

    /// <summary>Whether they may hold what a transaction wrote, though it came later: a snapshot may be ahead of the log.</summary>
    public bool MayShow(TransactionId? transaction) => mayShowMore || (transaction is { } id && id.Value < horizon.Value);

    /// <summary>Its rows hold what the transaction wrote, or something newer: a diff of it could only take them back (rule 11).</summary>
    public bool Shows(TransactionId? transaction) => transaction is { } id && shown?.Sees(id) is true;
}
