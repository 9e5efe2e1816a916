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

    /// <summary>About what it takes in memory.</summary>
    public long SizeBytes { get; }

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
    /// <param name="isLate">See <see cref="IsLate"/>.</param>
    public static Change? Between(Entity entity, long version, Row? before, Row? after, bool isLate = false)
    {
        if (before is not null && after is not null)
        {
            var changed = ColumnSet.Difference(entity.Columns.Length, before, after);
            after.Share(before, changed);
            return changed.IsEmpty ? null : new(entity, Operation.Update, version, before, after, changed) { IsLate = isLate };
        }

        return (before, after) switch
        {
            (null, null) => null,
            (null, _) => new(entity, Operation.Insert, version, null, after, default) { IsLate = isLate },
            _ => new(entity, Operation.Delete, version, before, null, default) { IsLate = isLate },
        };
    }
}
