using System.Collections.Immutable;
using LiveHub.Model;

namespace LiveHub.Changes;

/// <summary>
/// Gathers what one transaction wrote, in order, so that what came after a savepoint can be taken back. In the changeset a
/// row that was written several times counts once: its first before, its last after.
/// </summary>
internal sealed class ChangesetBuilder
{
    private readonly List<Written> _written = [];
    private Dictionary<Entity, HashSet<KeyValues>?>? _rows;
    private int _known;

    public bool IsEmpty => _written.Count == 0;

    /// <summary>How much has been written; a savepoint remembers it.</summary>
    public int Count => _written.Count;

    /// <param name="beforeIsUnknown">The row was there, but nobody knows how: what comes of it is sent like an insert.</param>
    public void Add(Entity entity, Row? before, Row? after, bool beforeIsUnknown = false)
    {
        if ((after ?? before) is null)
        {
            throw new ArgumentNullException(nameof(after));
        }

        _written.Add(new(entity, before, after, beforeIsUnknown, null));
    }

    public void Add(Invalidation invalidation) => _written.Add(new(invalidation.Entity, null, null, false, invalidation));

    public void Add(ChangesetBuilder later) => _written.AddRange(later._written);

    /// <summary>Whether both wrote the same row, or may have. What was looked through once is remembered: who writes much is asked often. One thread at a time.</summary>
    public bool MeetsIn(ChangesetBuilder other)
    {
        _rows ??= [];
        for (; _known < _written.Count; _known++)
        {
            var written = _written[_known];
            if (written.Invalidation is not null)
            {
                _rows[written.Entity] = null;
            }
            else if (!_rows.TryGetValue(written.Entity, out var keys))
            {
                _rows.Add(written.Entity, [written.Key]);
            }
            else
            {
                keys?.Add(written.Key);
            }
        }

        return other._written.Exists(w => _rows.TryGetValue(w.Entity, out var keys) && (keys is null || w.Invalidation is not null || keys.Contains(w.Key)));
    }

    /// <summary>What was written after the first <paramref name="count"/> was rolled back.</summary>
    public void TakeBack(int count)
    {
        _written.RemoveRange(count, _written.Count - count);
        if (_known > count)
        {
            (_rows, _known) = (null, 0);
        }
    }

    /// <summary>Nobody knows whether what was written after the first <paramref name="count"/> holds: its rows are read again.</summary>
    public void Doubt(int count)
    {
        var doubtful = _written[count..];
        TakeBack(count);
        foreach (var rows in doubtful.Where(w => w.Invalidation is null).GroupBy(w => w.Entity))
        {
            Add(Invalidation.Of(rows.Key, [.. rows.Select(w => w.Key).Distinct().Select(k => k.Detach())]));
        }

        _written.AddRange(doubtful.Where(w => w.Invalidation is not null));
    }

    /// <summary>The changeset, or null where nothing changed in the end.</summary>
    public Changeset? Build(ChangesetId id, TransactionId? transaction, long version)
    {
        var changes = ImmutableArray.CreateBuilder<Change>(_written.Count);
        var invalidations = _written.Select(w => w.Invalidation).OfType<Invalidation>().Distinct().ToImmutableArray();
        foreach (var (entity, before, after, _, _) in Fold())
        {
            if (Change.Between(entity, version, before, after) is { } change)
            {
                changes.Add(change);
            }
        }

        return changes.Count == 0 && invalidations.Length == 0 ? null : Changeset.Of(id, transaction, changes.DrainToImmutable(), invalidations);
    }

    private List<Written> Fold()
    {
        var places = new Dictionary<(Entity, KeyValues), int>(_written.Count);
        var rows = new List<Written>(_written.Count);
        foreach (var written in _written)
        {
            if (written.Invalidation is not null)
            {
                continue;
            }

            if (!places.TryGetValue((written.Entity, written.Key), out var place))
            {
                places.Add((written.Entity, written.Key), rows.Count);
                rows.Add(written);
            }
            else
            {
                rows[place] = rows[place].BeforeIsUnknown ? written : rows[place] with { After = written.After };
            }
        }

        return rows;
    }

    private readonly record struct Written(Entity Entity, Row? Before, Row? After, bool BeforeIsUnknown, Invalidation? Invalidation)
    {
        public KeyValues Key => (After ?? Before)!.Select(Entity.KeyOrdinals);
    }
}
