using System.Text.Json.Nodes;

namespace LiveHub.Tests.Routing;

/// <summary>
/// What collections with the same columns hold in a client that merges by docs/protocol.md (P13 to P21) and no more than that.
/// It insists that no row op is older than the one before of its row.
/// </summary>
internal sealed class ModelClient
{
    private readonly Dictionary<string, Held> _held = [];
    private readonly Dictionary<long, HashSet<string>> _collections = [];

    /// <summary>The rows that a collection shows, as JSON; none before it has entered.</summary>
    public IEnumerable<string> Rows(long shape)
        => _collections.TryGetValue(shape, out var members) ? members.Select(key => _held[key].Row!.ToJsonString()).Order() : [];

    /// <summary>The row ops of one step.</summary>
    public void Apply(IEnumerable<JsonObject> ops)
    {
        foreach (var (op, shape, leaves) in ops.SelectMany(Targets))
        {
            if (_collections.TryGetValue(shape, out var members))
            {
                Merge(members, op, leaves);
            }
        }
    }

    /// <summary>Snapshots and the row ops that follow in their step.</summary>
    public void Enter(IReadOnlyDictionary<long, IEnumerable<JsonObject>> snapshots, IEnumerable<JsonObject> ops)
    {
        var entering = snapshots.ToDictionary(s => s.Key, s => s.Value.ToDictionary(KeyOf, row => new Held { Row = Copy(row) }));
        foreach (var (op, shape, leaves) in ops.SelectMany(Targets))
        {
            if (entering.TryGetValue(shape, out var rows))
            {
                Replace(rows, op, leaves);
            }
        }

        foreach (var (shape, rows) in entering)
        {
            var members = rows.Where(r => r.Value.Row is not null).Select(r => r.Key).ToHashSet();
            foreach (var key in members.Where(key => !IsHeld(key)))
            {
                _held[key] = new() { Row = rows[key].Row, Version = Math.Max(rows[key].Version, _held.GetValueOrDefault(key)?.Version ?? 0) };
            }

            _collections[shape] = members;
        }
    }

    private void Merge(HashSet<string> members, JsonObject op, bool leaves)
    {
        var key = op["key"]!.ToJsonString();
        if (!_held.TryGetValue(key, out var held))
        {
            _held.Add(key, held = new());
        }

        var isHeld = IsHeld(key);
        held.Accept(op);
        if (leaves)
        {
            held.Version = (long)op["version"]!;
            members.Remove(key);
        }
        else if (isHeld || op["row"] is not null)
        {
            held.Take(op);
            members.Add(key);
        }
    }

    private static void Replace(Dictionary<string, Held> rows, JsonObject op, bool leaves)
    {
        var key = op["key"]!.ToJsonString();
        if (!rows.TryGetValue(key, out var held))
        {
            rows.Add(key, held = new());
        }

        held.Accept(op);
        if (leaves)
        {
            held.Row = null;
            held.Version = (long)op["version"]!;
        }
        else if (held.Row is not null || op["row"] is not null)
        {
            held.Take(op);
        }
    }

    private bool IsHeld(string key) => _collections.Values.Any(members => members.Contains(key));

    private static string KeyOf(JsonObject row) => row["id"]!.ToJsonString();

    private static JsonObject Copy(JsonObject row) => row.DeepClone().AsObject();

    private static IEnumerable<(JsonObject Op, long Shape, bool Leaves)> Targets(JsonObject op)
        => new[] { "insert", "update", "delete" }.SelectMany(kind => (op[kind]?.AsArray() ?? []).Select(shape => (op, (long)shape!, kind == "delete")));

    private sealed class Held
    {
        public JsonObject? Row { get; set; }

        public long Version { get; set; }

        public void Accept(JsonObject op)
            => Assert.True(Version <= (long)op["version"]!, $"The row is held with version {Version}; what comes is older: {op.ToJsonString()}");

        public void Take(JsonObject op)
        {
            Version = (long)op["version"]!;
            if (op["row"] is JsonObject row)
            {
                Row = Copy(row);
                return;
            }

            foreach (var (name, value) in op["set"]!.AsObject())
            {
                Row![name] = value?.DeepClone();
            }
        }
    }
}
