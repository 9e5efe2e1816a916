using System.Data.Common;
using LiveHub.Changes;
using LiveHub.Model;

namespace LiveHub.PostgreSql.Capture;

/// <summary>The rows that a batch brought, before and after.</summary>
internal sealed class CapturedRows
{
    private readonly Dictionary<(Entity, KeyValues), (Row? Before, Row? After)> _rows = [];
    private readonly HashSet<Entity> _unreadable = [];
    private readonly HashSet<Entity> _whole = [];
    private readonly List<Read> _missed = [];
    private readonly List<(Entity Entity, KeyValues Key)> _again = [];

    public Stamp Stamp { get; set; }

    public void AddBefore(RowSource source, DbDataReader reader, int first = 0)
    {
        if (Read(source, reader, first) is { } row)
        {
            // Its successor may have come first: a row that moves to another table of its hierarchy is inserted there and deleted here.
            var key = (source.Entity, row.Select(source.Entity.KeyOrdinals));
            var (before, after) = _rows.GetValueOrDefault(key);
            _rows[key] = (before ?? row, after);
        }
    }

    /// <summary>A row that the database will delete or empty by itself, unless a command does it first.</summary>
    public void AddReached(Cascade cascade, DbDataReader reader)
    {
        if (Read(cascade.Source, reader, 0) is not { } row)
        {
            return;
        }

        var key = (cascade.Source.Entity, row.Select(cascade.Source.Entity.KeyOrdinals));
        if (_rows.TryAdd(key, (row, null)) && !cascade.Deletes)
        {
            _rows.Remove(key);
            _again.Add(key);
        }

        _whole.UnionWith(cascade.Further);
    }

    /// <summary>More rows are reached than are handed on one by one.</summary>
    public void AddAll(Cascade cascade) => _whole.Add(cascade.Source.Entity);

    /// <summary>
    /// Not all rows were there to be locked, and yet the statements will find them, or the save fails: somebody deleted a row and inserted
    /// it again while we waited for its lock, and each statement looks anew (PostgreSQL, section 13.2.1).
    /// </summary>
    public void Miss(Read read) => _missed.Add(read);

    public void AddAfter(RowSource source, DbDataReader reader, int first = 0) => AddAfter(source, Read(source, reader, first));

    /// <summary>As its statement returned it, before any trigger that runs after it.</summary>
    public void AddReturned(RowSource source, DbDataReader reader, int first)
    {
        if (AddAfter(source, Read(source, reader, first)) is { } row && source.HasTriggers)
        {
            _again.Add((source.Entity, row.Select(source.Entity.KeyOrdinals)));
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

        foreach (var entity in _unreadable.Union(_whole))
        {
            changes.Add(Invalidation.Of(entity));
        }

        foreach (var rows in _again.GroupBy(r => r.Entity))
        {
            changes.Add(Invalidation.Of(rows.Key, rows.Select(r => r.Key.Detach()).ToList()));
        }

        return changes;
    }

    private Row? AddAfter(RowSource source, Row? row)
    {
        if (row is not null)
        {
            var key = (source.Entity, row.Select(source.Entity.KeyOrdinals));
            _rows[key] = (_rows.GetValueOrDefault(key).Before, row);
        }

        return row;
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
