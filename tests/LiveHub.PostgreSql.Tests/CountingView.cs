using System.Text.Json.Nodes;
using LiveHub.Tests.Infrastructure;

namespace LiveHub.PostgreSql.Tests;

/// <summary>
/// What one connection is sent of items that count their own changes in <c>ownerId</c>: for each subscription, every change after its snapshot
/// must come, and come once.
/// </summary>
internal sealed class CountingView
{
    private readonly Dictionary<int, int> _shapeOf = [];
    private readonly Dictionary<int, Dictionary<int, int>> _counts = [];
    private readonly Dictionary<int, JsonObject?> _shown = [];
    private readonly Dictionary<long, List<JsonObject>> _unfinished = [];

    public List<string> Faults { get; } = [];

    /// <summary>The position of all that is shown.</summary>
    public long Offset { get; private set; }

    /// <summary>How many changes were applied, in all subscriptions together, and how many more their snapshots showed already.</summary>
    public (int Applied, int Shown) Changes { get; private set; }

    /// <summary>How many changes after a snapshot came in its own step.</summary>
    public int Joined { get; private set; }

    /// <summary>What a subscription shows: items and their counts; null until its snapshot has come.</summary>
    public IReadOnlyDictionary<int, int>? Counts(int id) => _shapeOf.TryGetValue(id, out var shape) ? _counts.GetValueOrDefault(shape) : null;

    public void Apply(JsonObject message)
    {
        switch ((string?)message["type"])
        {
            case "subscribed":
                _shapeOf[(int)message["id"]!] = (int)message["shape"]!;
                break;
            case "steps":
                foreach (var step in message["steps"]!.AsArray())
                {
                    ApplyStep([.. step!.AsArray().Select(op => op!.AsObject())]);
                }

                Offset = (long)message["end"]!["offset"]!;

                break;
            case "part":
                var number = (long)message["step"]!;
                var ops = _unfinished.TryGetValue(number, out var known) ? known : _unfinished[number] = [];
                ops.AddRange(message["ops"]!.AsArray().Select(op => op!.AsObject()));
                if (message.ContainsKey("end"))
                {
                    _unfinished.Remove(number);
                    ApplyStep(ops);
                    Offset = (long)message["end"]!["offset"]!;
                }

                break;
            case "error":
                Faults.Add(message.ToJsonString());
                break;
        }
    }

    private void ApplyStep(List<JsonObject> ops)
    {
        var entering = new HashSet<int>();
        foreach (var op in ops)
        {
            if (op["rows"] is JsonArray rows)
            {
                var shape = (int)op["shape"]!;
                if (op.TryGetPropertyValue("snapshot", out var snapshot))
                {
                    entering.Add(shape);
                    _counts[shape] = [];
                    _shown[shape] = snapshot?.AsObject();
                }

                foreach (var row in rows)
                {
                    _counts[shape][(int)row!["id"]!] = (int)row["ownerId"]!;
                }

                continue;
            }

            var key = (int)op["key"]!;
            var count = (int?)(op["row"] ?? op["set"])?["ownerId"];
            Each("insert", (shape, counts) =>
            {
                Check(!counts.TryGetValue(key, out var last) || (entering.Contains(shape) && count > last), $"item {key} comes to shape {shape} with {count}, and is there with {last}");
                counts[key] = count!.Value;
            });
            Each("update", (shape, counts) =>
            {
                // What joins a snapshot comes once a row, whatever its number.
                Check(counts.TryGetValue(key, out var last) && (entering.Contains(shape) ? count > last : count == last + 1), $"item {key} of shape {shape} is {last}, then {count}");
                counts[key] = count!.Value;
            });
            Each("delete", (shape, counts) => Check(counts.Remove(key) || entering.Contains(shape), $"item {key} leaves shape {shape}, and is not there"));

            void Each(string kind, Action<int, Dictionary<int, int>> apply)
            {
                foreach (var shape in (op[kind]?.AsArray() ?? []).Select(s => (int)s!).Where(_counts.ContainsKey))
                {
                    if (RawView.Shows(_shown[shape], (string?)op["transaction"]))
                    {
                        Changes = (Changes.Applied, Changes.Shown + 1);
                        continue;
                    }

                    Changes = (Changes.Applied + 1, Changes.Shown);
                    Joined += entering.Contains(shape) ? 1 : 0;
                    apply(shape, _counts[shape]);
                }
            }
        }
    }

    private void Check(bool holds, string fault)
    {
        if (!holds)
        {
            Faults.Add(fault);
        }
    }
}
