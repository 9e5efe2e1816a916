using System.Text.Json;

namespace BenchClient;

/// <summary>What a client of LiveHub knows when its connection ends: the rows it shows, and what it goes on from.</summary>
internal sealed class Standing
{
    private string? _epoch;
    private string? _end;
    private string? _fingerprint;

    /// <summary>Its rows by key, in order; one that is not told of all its columns has what it is told.</summary>
    public SortedDictionary<int, ReceivedRow> Rows { get; } = [];

    /// <summary>What it adds to its hello and to its subscription.</summary>
    public (string Position, string Fingerprint) Resume()
    {
        if (_epoch is null || _end is null || _fingerprint is null)
        {
            throw new InvalidOperationException("The server did not say what to go on from.");
        }

        return ($$""","position":{"epoch":"{{_epoch}}",{{_end[1..]}}""", $",\"fingerprint\":\"{_fingerprint}\"");
    }

    /// <summary>Heeds a hub message.</summary>
    /// <param name="message">As it came.</param>
    /// <param name="withRows">Whether rows are looked at.</param>
    public void Heed(JsonElement message, bool withRows)
    {
        if (message.GetProperty("target").GetString() != "Receive")
        {
            return;
        }

        foreach (var sent in message.GetProperty("arguments")[0].EnumerateArray())
        {
            switch (sent.GetProperty("type").GetString())
            {
                case "welcome":
                    _epoch = sent.GetProperty("epoch").GetString();
                    break;
                case "subscribed":
                    _fingerprint = sent.GetProperty("fingerprint").GetString();
                    IsResumed = sent.TryGetProperty("resumed", out _);
                    break;
                case "steps" when withRows:
                    foreach (var step in sent.GetProperty("steps").EnumerateArray())
                    {
                        Merge(step);
                    }

                    break;
                case "part" when withRows:
                    Merge(sent.GetProperty("ops"));
                    break;
                case "error":
                    throw new InvalidOperationException($"The server refused: {sent.GetRawText()}");
            }

            if (sent.TryGetProperty("end", out var end))
            {
                _end = end.GetRawText();
            }
        }
    }

    /// <summary>Whether the last subscription went on from what was there.</summary>
    public bool IsResumed { get; private set; }

    private void Merge(JsonElement ops)
    {
        foreach (var op in ops.EnumerateArray())
        {
            if (op.TryGetProperty("rows", out var rows))
            {
                if (op.TryGetProperty("snapshot", out _))
                {
                    Rows.Clear();
                }

                foreach (var row in rows.EnumerateArray())
                {
                    Set(row.GetProperty("id").GetInt32(), row);
                }
            }
            else if (op.TryGetProperty("row", out var values) || op.TryGetProperty("set", out values))
            {
                Set(op.GetProperty("key").GetInt32(), values);
            }
            else
            {
                Rows.Remove(op.GetProperty("key").GetInt32());
            }
        }
    }

    private void Set(int key, JsonElement values)
    {
        var row = Rows.GetValueOrDefault(key) ?? new(key, "", Done: false);
        Rows[key] = row with
        {
            Title = values.TryGetProperty("title", out var title) ? title.GetString()! : row.Title,
            Done = values.TryGetProperty("done", out var done) ? done.GetBoolean() : row.Done,
        };
    }
}
