using System.Text.Json.Nodes;

namespace LiveHub.Tests.Infrastructure;

/// <summary>What a client that merges by docs/protocol.md, and no more than that, shows for each subscription.</summary>
public sealed class RawView
{
    private readonly Dictionary<int, int> _shapeOf = [];
    private readonly Dictionary<int, string[]> _keyOf = [];
    private readonly Dictionary<int, Dictionary<string, JsonObject>> _rows = [];
    private readonly Dictionary<long, List<JsonNode>> _unfinished = [];
    private readonly Dictionary<int, JsonObject?> _shown = [];
    private readonly Dictionary<int, (Dictionary<string, JsonObject> Rows, JsonObject? Shown)> _held = [];
    private string? _welcomedTo;
    private string? _epoch;
    private string? _tag;

    public List<JsonObject> Errors { get; } = [];

    public long Offset { get; private set; }

    /// <summary>What a hello says of where the view is.</summary>
    public JsonObject Position => new() { ["epoch"] = _epoch, ["offset"] = Offset, ["tag"] = _tag };

    /// <summary>What the server has given for subscriptions.</summary>
    public Dictionary<int, string> Fingerprints { get; } = [];

    /// <summary>The subscriptions that go on with the rows that they have.</summary>
    public HashSet<int> Resumed { get; } = [];

    /// <summary>How many row ops have come.</summary>
    public int RowOps { get; private set; }

    /// <summary>How many rows of snapshots.</summary>
    public int SnapshotRows { get; private set; }

    /// <summary>How many rows of snapshots have come in parts, also of steps that did not end.</summary>
    public int RowsInParts { get; private set; }

    public int Steps { get; private set; }

    /// <summary>How many steps were dropped.</summary>
    public int Dropped { get; private set; }

    /// <summary>The steps that have begun and not ended.</summary>
    public IReadOnlyCollection<long> Unfinished => _unfinished.Keys;

    /// <summary>The rows of a subscription by key; null until its snapshot has come.</summary>
    public IReadOnlyDictionary<string, JsonObject>? Rows(int id)
        => _shapeOf.TryGetValue(id, out var shape) ? _rows.GetValueOrDefault(shape) : null;

    public void Apply(JsonObject message)
    {
        switch ((string?)message["type"])
        {
            case "welcome":
                _welcomedTo = (string?)message["epoch"];
                Begin();
                break;
            case "subscribed":
                var (id, shape) = ((int)message["id"]!, (int)message["shape"]!);
                if ((bool?)message["resumed"] is true)
                {
                    Resumed.Add(id);
                    (_rows[shape], _shown[shape]) = _held[id];
                }

                _shapeOf[id] = shape;
                Fingerprints[id] = (string)message["fingerprint"]!;
                _keyOf[shape] = [.. message["key"]!.AsArray().Select(k => (string)k!)];
                break;
            case "error":
                Errors.Add(message);
                break;
            case "steps":
                foreach (var step in message["steps"]!.AsArray())
                {
                    ApplyStep(step!.AsArray());
                }

                MoveTo(message["end"]!);
                break;
            case "part":
                ApplyPart(message);
                break;
        }
    }

    /// <summary>Another connection, perhaps to another node: its numbers of shapes and steps are others.</summary>
    private void Begin()
    {
        foreach (var (id, shape) in _shapeOf.Where(s => _rows.ContainsKey(s.Value)))
        {
            _held[id] = (_rows[shape], _shown.GetValueOrDefault(shape));
        }

        _shapeOf.Clear();
        _rows.Clear();
        _shown.Clear();
        _unfinished.Clear();
    }

    private void ApplyPart(JsonObject part)
    {
        var step = (long)part["step"]!;
        if ((bool?)part["dropped"] is true)
        {
            _unfinished.Remove(step);
            Dropped++;
            return;
        }

        var gathered = _unfinished.TryGetValue(step, out var known) ? known : _unfinished[step] = [];
        RowsInParts += part["ops"]!.AsArray().Sum(o => o!["rows"]?.AsArray().Count ?? 0);
        gathered.AddRange(part["ops"]!.AsArray().Select(o => o!));
        if (part["end"] is { } end)
        {
            _unfinished.Remove(step);
            ApplyStep(gathered);
            MoveTo(end);
        }
    }

    private void ApplyStep(IEnumerable<JsonNode?> ops)
    {
        foreach (var op in ops)
        {
            ApplyOp(op!.AsObject());
        }

        Steps++;
    }

    private void MoveTo(JsonNode end)
    {
        var offset = (long)end["offset"]!;
        Assert.True(offset >= Offset, "A position went back.");
        Offset = offset;
        _epoch = _welcomedTo;
        _tag = (string?)end["tag"];
    }

    private void ApplyOp(JsonObject op)
    {
        if (op["rows"] is JsonArray rows)
        {
            var shape = (int)op["shape"]!;
            if (op.ContainsKey("snapshot"))
            {
                _rows[shape] = [];
                _shown[shape] = op["snapshot"]?.AsObject();
            }

            var members = _rows[shape];
            foreach (var row in rows)
            {
                SnapshotRows++;
                members[string.Join(",", _keyOf[shape].Select(k => row![k]!.ToJsonString()))] = row!.DeepClone().AsObject();
            }

            return;
        }

        RowOps++;
        var key = op["key"] is JsonArray parts ? string.Join(",", parts.Select(p => p!.ToJsonString())) : op["key"]!.ToJsonString();
        foreach (var shape in Shapes("insert"))
        {
            _rows[shape][key] = op["row"]!.DeepClone().AsObject();
        }

        foreach (var shape in Shapes("update"))
        {
            if (_rows[shape].TryGetValue(key, out var held))
            {
                foreach (var (name, value) in (op["row"] ?? op["set"])!.AsObject())
                {
                    held[name] = value?.DeepClone();
                }
            }
        }

        foreach (var shape in Shapes("delete"))
        {
            _rows[shape].Remove(key);
        }

        IEnumerable<int> Shapes(string kind) => (op[kind]?.AsArray() ?? []).Select(s => (int)s!).Where(s => _rows.ContainsKey(s) && !Shows(_shown.GetValueOrDefault(s), (string?)op["transaction"]));
    }

    /// <summary>Rule 11: whether a snapshot shows what a transaction wrote.</summary>
    public static bool Shows(JsonObject? shown, string? transaction)
        => transaction is not null && shown is not null
            && (Number(transaction) < Number(shown["xmin"]) || (Number(transaction) < Number(shown["xmax"]) && !shown["active"]!.AsArray().Any(a => (string?)a == transaction)));

    private static ulong Number(JsonNode? id) => ulong.Parse((string)id!, System.Globalization.CultureInfo.InvariantCulture);
}
