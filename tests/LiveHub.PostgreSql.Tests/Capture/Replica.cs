using System.Globalization;
using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Model;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>Follows the log: what somebody holds who saw the rows once and then only changesets.</summary>
internal sealed class Replica(CaptureDatabase database)
{
    private readonly Dictionary<Entity, Dictionary<KeyValues, Row>> _rows = [];
    private readonly Dictionary<Entity, Dictionary<KeyValues, (long Version, Row? Row)>> _byVersion = [];
    private readonly HashSet<Entity> _touched = [];
    private readonly HashSet<Entity> _doubtful = [];

    public IReadOnlyCollection<Entity> Touched => _touched;

    public async Task LoadAsync(Entity entity, bool isEmpty = false)
    {
        _rows[entity] = isEmpty ? [] : await StoredRows.ReadAsync(database, entity);
        _byVersion[entity] = _rows[entity].ToDictionary(r => r.Key, r => (0L, (Row?)r.Value));
        _doubtful.Remove(entity);
    }

    /// <summary>Before must be what is held, and the version above the held one's; rows of entities that are to be read again may be ahead.</summary>
    public void Apply(LogEntry entry)
    {
        foreach (var invalidation in entry.Changeset.Invalidations)
        {
            _touched.Add(invalidation.Entity);
            _doubtful.Add(invalidation.Entity);
        }

        foreach (var change in entry.Changeset.Changes)
        {
            var rows = _rows[change.Entity];
            var versions = _byVersion[change.Entity];
            _touched.Add(change.Entity);
            if (!_doubtful.Contains(change.Entity))
            {
                var held = rows.GetValueOrDefault(change.Key);
                Assert.True(AreEqual(change.Entity, held, change.Before), $"{Describe(change)}: held is {Text(change.Entity, held)}, before is {Text(change.Entity, change.Before)}");
            }

            if (!versions.TryGetValue(change.Key, out var known) || known.Version < change.Version)
            {
                versions[change.Key] = (change.Version, change.After);
            }

            _ = change.After is null ? rows.Remove(change.Key) : (rows[change.Key] = change.After) is null;
        }
    }

    /// <summary>Reads what is to be read again, and compares all rows of an entity with the database's.</summary>
    public async Task CheckAsync(Entity entity)
    {
        var stored = await StoredRows.ReadAsync(database, entity);
        if (_doubtful.Remove(entity))
        {
            _rows[entity] = stored;
            _byVersion[entity] = stored.ToDictionary(r => r.Key, r => (0L, (Row?)r.Value));
        }

        Compare(entity, "in the log's order", stored, _rows[entity]);
        Compare(entity, "by version", stored, _byVersion[entity].Where(r => r.Value.Row is not null).ToDictionary(r => r.Key, r => r.Value.Row!));
    }

    public static string Describe(Change change)
        => $"{change.Operation} {change.Entity} {change.Key} {Text(change.Entity, change.Before)} -> {Text(change.Entity, change.After)}";

    private static void Compare(Entity entity, string how, Dictionary<KeyValues, Row> stored, Dictionary<KeyValues, Row> held)
    {
        var faults = stored.Keys.Union(held.Keys)
            .Where(k => !AreEqual(entity, stored.GetValueOrDefault(k), held.GetValueOrDefault(k)))
            .Select(k => $"{entity} {k} {how}: stored is {Text(entity, stored.GetValueOrDefault(k))}, the changesets give {Text(entity, held.GetValueOrDefault(k))}")
            .ToList();
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    private static bool AreEqual(Entity entity, Row? left, Row? right)
        => left is null || right is null ? left == right : entity.Columns.All(c => Values.AreIdentical(left[c.Ordinal], right[c.Ordinal]));

    private static string Text(Entity entity, Row? row)
        => row is null ? "no row" : $"({string.Join(", ", entity.Columns.Select(c => $"{c.Name}: {Text(row[c.Ordinal])}"))})";

    private static string Text(object? value) => value switch
    {
        null => "null",
        DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
        byte[] bytes => Convert.ToHexString(bytes),
        Array array => $"[{string.Join(", ", array.Cast<object?>())}]",
        _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
    };
}
