using System.Collections.Immutable;
using LiveHub.Model;

namespace LiveHub.Changes;

/// <summary>
/// Gathers what the saves of one transaction did. A row that was written several times counts once: its first before,
/// its last after.
/// </summary>
internal sealed class ChangesetBuilder
{
    private readonly Dictionary<(Entity, KeyValues), int> _places = [];
    private readonly List<(Entity Entity, Row? Before, Row? After, bool BeforeIsUnknown)> _rows = [];

    public bool IsEmpty => _rows.Count == 0;

    /// <param name="beforeIsUnknown">The row was there, but nobody knows how: what comes of it is sent like an insert.</param>
    public void Add(Entity entity, Row? before, Row? after, bool beforeIsUnknown = false)
    {
        var key = ((after ?? before) ?? throw new ArgumentNullException(nameof(after))).Select(entity.KeyOrdinals);
        if (_places.TryGetValue((entity, key), out var place))
        {
            var known = _rows[place];
            _rows[place] = known.BeforeIsUnknown
                ? known with { Before = before, After = after, BeforeIsUnknown = beforeIsUnknown }
                : known with { After = after };
        }
        else
        {
            _places.Add((entity, key), _rows.Count);
            _rows.Add((entity, before, after, beforeIsUnknown));
        }
    }

    public void Add(ChangesetBuilder later)
    {
        foreach (var (entity, before, after, beforeIsUnknown) in later._rows)
        {
            Add(entity, before, after, beforeIsUnknown);
        }
    }

    /// <summary>The changeset, or null where nothing changed in the end.</summary>
    public Changeset? Build(Guid id, TransactionId? transaction, long version)
    {
        var changes = ImmutableArray.CreateBuilder<Change>(_rows.Count);
        long size = 64;
        foreach (var (entity, before, after, _) in _rows)
        {
            if (Change.Between(entity, version, before, after) is { } change)
            {
                changes.Add(change);
                size += 64 + SizeOf(entity, before) + SizeOf(entity, after);
            }
        }

        return changes.Count == 0 ? null : new(id, transaction, changes.DrainToImmutable(), size);
    }

    private static long SizeOf(Entity entity, Row? row)
    {
        if (row is null)
        {
            return 0;
        }

        long size = 40;
        for (var i = 0; i < entity.Columns.Length; i++)
        {
            size += 8 + row[i] switch
            {
                null => 0,
                string text => 24 + (2L * text.Length),
                byte[] bytes => 24 + bytes.Length,
                _ => 24,
            };
        }

        return size;
    }
}
