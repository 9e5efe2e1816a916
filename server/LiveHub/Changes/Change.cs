using LiveHub.Model;

namespace LiveHub.Changes;

/// <summary>One row's committed insert, update or delete.</summary>
internal sealed class Change
{
    private Change(Entity entity, Operation operation, long version, Row? before, Row? after, ColumnSet changed)
    {
        Entity = entity;
        Operation = operation;
        Version = version;
        Before = before;
        After = after;
        Changed = changed;
        SizeBytes = 64 + (before?.SizeBeside(null) ?? 0) + (after?.SizeBeside(before) ?? 0);
    }

    public Entity Entity { get; }

    public Operation Operation { get; }

    /// <summary>Grows with every committed change of the same row; from 1 to 2^53 - 1 (docs/decisions/0002).</summary>
    public long Version { get; }

    public Row? Before { get; }

    public Row? After { get; }

    /// <summary>The columns in which before and after differ; empty unless it is an update.</summary>
    public ColumnSet Changed { get; }

    /// <summary>Whether newer changes of the row came before it: it leads to what they left, which may be shown already.</summary>
    public bool IsLate { get; private init; }

    /// <summary>The transaction of what is newest, where it is late.</summary>
    private TransactionId? Newest { get; init; }

    /// <summary>About what it takes in memory.</summary>
    public long SizeBytes { get; }

    /// <summary>The transaction that has left the row as it is after a change of a changeset: who sees that shows what the change tells.</summary>
    public TransactionId? LeftBy(Changeset changeset) => IsLate ? Newest : changeset.Transaction;

    public KeyValues Key => (After ?? Before)!.Select(Entity.KeyOrdinals);

    /// <summary>
    /// This change and a later one of the same row as one: what leads there from whatever was seen of the row before. A column that either has changed
    /// counts as changed, though it may be as it was.
    /// </summary>
    public Change Then(Change later)
    {
        var before = later.After is null ? Before ?? later.Before : Before;
        var operation = later.After is null ? Operation.Delete : before is null ? Operation.Insert : Operation.Update;
        return new(Entity, operation, later.Version, before, later.After, Changed.Union(later.Changed));
    }

    /// <summary>The change that leads from one state of a row to another; null where nothing changed.</summary>
    public static Change? Between(Entity entity, long version, Row? before, Row? after)
        => Make(entity, version, before, after) is var change && change is { Operation: Operation.Update, Changed.IsEmpty: true } ? null : change;

    /// <summary>
    /// What a change comes to that comes late: it leads from its own before to what newer ones have left; null where there is no row on either side. One that
    /// makes no difference still tells that the row was there before those.
    /// </summary>
    /// <param name="version">The newest.</param>
    /// <param name="newest">The transaction of the newest, where capture knows it.</param>
    public static Change? Late(Entity entity, long version, Row? before, Row? after, TransactionId? newest)
        => Make(entity, version, before, after, isLate: true, newest);

    private static Change? Make(Entity entity, long version, Row? before, Row? after, bool isLate = false, TransactionId? newest = null)
    {
        if (before is null && after is null)
        {
            return null;
        }

        var operation = before is null ? Operation.Insert : after is null ? Operation.Delete : Operation.Update;
        var changed = default(ColumnSet);
        if (operation is Operation.Update)
        {
            changed = ColumnSet.Difference(entity.Columns.Length, before!, after!);
            after!.Share(before!, changed);
        }

        return new(entity, operation, version, before, after, changed) { IsLate = isLate, Newest = newest };
    }
}
