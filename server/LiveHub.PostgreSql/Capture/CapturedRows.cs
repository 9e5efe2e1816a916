using System.Data.Common;
using LiveHub.Changes;
using LiveHub.Model;

namespace LiveHub.PostgreSql.Capture;

/// <summary>The rows that a batch brought, before and after.</summary>
internal sealed class CapturedRows
{
    private readonly Dictionary<(Entity, KeyValues), (Row? Before, Row? After)> _rows = [];
    private readonly HashSet<Entity> _unreadable = [];
    private readonly List<Read> _missed = [];

    public Stamp Stamp { get; set; }

    public void AddBefore(RowSource source, DbDataReader reader)
    {
        if (Read(source, reader, 0) is { } row)
        {
            _rows.TryAdd((source.Entity, row.Select(source.Entity.KeyOrdinals)), (row, null));
        }
    }

    /// <summary>
    /// Not all rows were there to be locked, and yet the statements will find them, or the save fails: somebody deleted a row and inserted
    /// it again while we waited for its lock, and each statement looks anew (PostgreSQL, section 13.2.1).
    /// </summary>
    public void Miss(Read read) => _missed.Add(read);

    public void AddAfter(RowSource source, DbDataReader reader, int first = 0)
    {
        if (Read(source, reader, first) is { } row)
        {
            var key = (source.Entity, row.Select(source.Entity.KeyOrdinals));
            _rows[key] = (_rows.GetValueOrDefault(key).Before, row);
        }
    }

    public ChangesetBuilder ToChanges()
    {
        var changes = new ChangesetBuilder();
        foreach (var ((entity, _), (before, after)) in _rows)
        {
            if (!_unreadable.Contains(entity))
            {
                changes.Add(entity, before, after);
            }
        }

        foreach (var read in _missed)
        {
            var entity = read.Source.Entity;
            changes.Add(Invalidation.Of(entity, read.Keys.Select(k => k.Values).Where(k => _rows.GetValueOrDefault((entity, k)).Before is null).ToList()));
        }

        foreach (var entity in _unreadable)
        {
            changes.Add(Invalidation.Of(entity));
        }

        return changes;
    }

    /// <summary>The command may be committed by now: a value that the model cannot take must not fail it.</summary>
    private Row? Read(RowSource source, DbDataReader reader, int first)
    {
        try
        {
            return source.Read(reader, first);
        }
        catch (Exception e) when (e is not DbException)
        {
            _unreadable.Add(source.Entity);
            return null;
        }
    }
}
