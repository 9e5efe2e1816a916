using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Snapshots;
using Microsoft.Extensions.Options;

namespace LiveHub.Routing;

/// <summary>
/// Log order is not commit order; this restores it for each row (rule 7). As long as the log does, it remembers what was
/// routed: of each row the newest version and what that left, of each entry the form that went to the queues. One thread at a time.
/// </summary>
internal sealed class RowOrder(IOptions<LiveHubOptions> options, SnapshotsInProgress snapshots, TimeProvider time)
{
    /// <summary>How much more than it should the log remembers for the sake of snapshots in progress, at most.</summary>
    private const int MaxTimes = 4;

    private readonly LogRetention _retention = options.Value.LogRetention;
    private readonly Dictionary<(Entity Entity, KeyValues Key), Newest> _rows = [];
    private readonly Dictionary<Type, long> _forgotten = [];
    private readonly HashSet<Type> _begun = [];
    private readonly Dictionary<ChangesetId, long> _places = [];
    private DateTimeOffset _forgottenAt = time.GetUtcNow();
    private Position _forgottenThrough;
    private RingBuffer<(LogEntry Entry, DateTimeOffset At)> _routed = new();
    private RingBuffer<RoutedInvalidation> _invalidations = new();
    private long _bytes;

    /// <summary>The offset of the entry that was placed last.</summary>
    public long Last { get; private set; }

    /// <summary>How many rows and entries are remembered.</summary>
    public (int Rows, int Entries) Count => (_rows.Count, _routed.Count);

    /// <summary>
    /// What is to be routed for an entry of the log: the entry itself where it is in order. A change that comes late leads from its own
    /// before to the newest after; a row of which nobody knows any longer what is newest is to be read again.
    /// </summary>
    public LogEntry Place(LogEntry entry)
    {
        if (entry.Position.Offset != Last + 1)
        {
            SkipTo(new(entry.Position.Offset - 1, default));
        }

        var placed = PlaceChanges(entry);
        var now = time.GetUtcNow();
        _routed.Add((placed, now));
        _places[placed.Changeset.Id] = placed.Position.Offset;
        foreach (var invalidation in placed.Changeset.Invalidations)
        {
            _invalidations.Add(new(invalidation, placed.Position));
        }

        _bytes += placed.Changeset.SizeBytes;
        Last = placed.Position.Offset;
        Trim(now);
        return placed;
    }

    /// <summary>The entries after one offset up to and with another, as they were routed; null where they are not remembered.</summary>
    public IReadOnlyList<LogEntry>? Read(long after, long through)
    {
        if (after >= through)
        {
            return [];
        }

        if (!Remembers(after, through))
        {
            return null;
        }

        var first = _forgottenThrough.Offset + 1;
        var entries = new List<LogEntry>((int)(through - after));
        for (var offset = after + 1; offset <= through; offset++)
        {
            entries.Add(_routed[(int)(offset - first)].Entry);
        }

        return entries;
    }

    /// <summary>Those of the entries after one offset up to and with another, the newest first; null where they are not remembered.</summary>
    public IReadOnlyList<RoutedInvalidation>? ReadInvalidations(long after, long through)
    {
        if (after >= through)
        {
            return [];
        }

        if (!Remembers(after, through))
        {
            return null;
        }

        var found = new List<RoutedInvalidation>();
        for (var i = _invalidations.Count - 1; i >= 0 && _invalidations[i].Position.Offset > after; i--)
        {
            if (_invalidations[i].Position.Offset <= through)
            {
                found.Add(_invalidations[i]);
            }
        }

        return found;
    }

    /// <summary>Where a changeset was routed, or, where that is no longer remembered, what came no earlier; null where it has not come yet.</summary>
    /// <param name="isToCome">It is known to come: not being remembered means that, however old it is.</param>
    /// <param name="skew">By how much the clock that ids are made by is ahead of this node's.</param>
    public long? OffsetOf(ChangesetId id, bool isToCome, TimeSpan skew = default)
        => _places.TryGetValue(id, out var offset) ? offset : !isToCome && id.At <= _forgottenAt + skew ? _forgottenThrough.Offset : null;

    /// <summary>Whether everything after a position is remembered; null where it is no position of this log.</summary>
    public bool? Remembers(Position position)
    {
        var known = position.Offset - _forgottenThrough.Offset;
        var at = known == 0 ? _forgottenThrough : known > 0 && known <= _routed.Count ? _routed[(int)known - 1].Entry.Position : default;
        return known < 0 ? false : at == position ? true : null;
    }

    /// <summary>The log is another one, whose versions have nothing to do with those of before.</summary>
    public void Reset()
    {
        SkipTo(new(Last, default));
        _forgotten.Clear();
    }

    /// <summary>
    /// Some entries are not placed, so that what is known may be older than what they brought. Whatever of them comes late is of
    /// transactions that every snapshot since then sees (rule 11): the readers have all begun anew.
    /// </summary>
    public void SkipTo(Position position)
    {
        Forget();
        _forgottenThrough = position;
        Last = position.Offset;
    }

    private LogEntry PlaceChanges(LogEntry entry)
    {
        var changes = entry.Changeset.Changes;
        ImmutableArray<Change>.Builder? differing = null;
        List<Change>? lost = null;
        Type? context = null;
        for (var i = 0; i < changes.Length; i++)
        {
            var change = changes[i];
            if (change.Entity.ContextType != context)
            {
                context = change.Entity.ContextType;
                Begin(change.Entity, entry.VersionBefore);
            }

            if (!TryPlace(change, entry, out var placed))
            {
                (lost ??= []).Add(change);
            }

            if (differing is null && placed != change)
            {
                differing = ImmutableArray.CreateBuilder<Change>(changes.Length);
                differing.AddRange(changes, i);
            }

            if (placed is not null)
            {
                differing?.Add(placed);
            }
        }

        return differing is null ? entry : entry with { Changeset = Rewrite(entry.Changeset, differing.ToImmutable(), lost) };
    }

    /// <summary>What came before the log's first entry, other nodes have routed; their clients may go on here.</summary>
    private void Begin(Entity entity, long versionBefore)
    {
        if (_begun.Add(entity.ContextType))
        {
            Forget(entity, versionBefore);
        }
    }

    /// <param name="placed">What is routed for the change; null where nothing is.</param>
    /// <returns>False where nobody knows what is newest of the row.</returns>
    private bool TryPlace(Change change, LogEntry entry, out Change? placed)
    {
        placed = change;
        var key = change.Key;
        ref var known = ref CollectionsMarshal.GetValueRefOrNullRef(_rows, (change.Entity, key));
        if (!Unsafe.IsNullRef(ref known))
        {
            if (change.Version >= known.Version)
            {
                known = new(change.Version, change.After, entry.Position.Offset, entry.Changeset.Transaction);
            }
            else
            {
                placed = Change.Late(change.Entity, known.Version, change.Before, known.After, known.Transaction);
            }

            return true;
        }

        if (change.Version <= _forgotten.GetValueOrDefault(change.Entity.ContextType))
        {
            placed = null;
            return false;
        }

        // The key stays while newer rows replace the one that it was taken from.
        _rows.Add((change.Entity, key.Detach()), new(change.Version, change.After, entry.Position.Offset, entry.Changeset.Transaction));
        return true;
    }

    private static Changeset Rewrite(Changeset changeset, ImmutableArray<Change> changes, List<Change>? lost)
        => changeset with
        {
            Changes = changes,
            Invalidations = lost is null
                ? changeset.Invalidations
                : changeset.Invalidations.AddRange(lost.GroupBy(c => c.Entity).Select(rows => Invalidation.Of(rows.Key, rows.Select(c => c.Key.Detach()).ToList()))),
        };

    private bool Remembers(long after, long through) => after >= _forgottenThrough.Offset && through <= Last;

    private void Trim(DateTimeOffset now)
    {
        while (_routed.Count > 1 && (IsTooMuch(1) || now - _routed[0].At > _retention.Age)
            && (IsTooMuch(MaxTimes) || _routed[0].Entry.Position.Offset <= snapshots.NeededAfter(now)))
        {
            var (entry, at) = _routed[0];
            _routed.RemoveFirst();
            _places.Remove(entry.Changeset.Id);
            (_forgottenAt, _forgottenThrough) = (at, entry.Position);
            _bytes -= entry.Changeset.SizeBytes;
            foreach (var _ in entry.Changeset.Invalidations)
            {
                _invalidations.RemoveFirst();
            }

            foreach (var change in entry.Changeset.Changes)
            {
                var row = (change.Entity, change.Key);
                if (_rows.TryGetValue(row, out var newest) && newest.Offset == entry.Position.Offset)
                {
                    _rows.Remove(row);
                    Forget(change.Entity, newest.Version);
                }
            }
        }
    }

    private bool IsTooMuch(int times) => _routed.Count > (long)times * _retention.Count || _bytes / times > _retention.Bytes;

    private void Forget()
    {
        foreach (var ((entity, _), newest) in _rows)
        {
            Forget(entity, newest.Version);
        }

        _rows.Clear();
        _begun.Clear();
        _routed = new();
        _invalidations = new();
        _places.Clear();
        _forgottenAt = time.GetUtcNow();
        _bytes = 0;
    }

    private void Forget(Entity entity, long version)
    {
        ref var highest = ref CollectionsMarshal.GetValueRefOrAddDefault(_forgotten, entity.ContextType, out _);
        highest = Math.Max(highest, version);
    }

    /// <summary>What is known of a row.</summary>
    /// <param name="Version">The newest that was routed.</param>
    /// <param name="After">The row that it left; null where it was deleted.</param>
    /// <param name="Offset">Where it came; the row is forgotten with that entry.</param>
    /// <param name="Transaction">Which it was, where capture knows it.</param>
    private readonly record struct Newest(long Version, Row? After, long Offset, TransactionId? Transaction);
}
