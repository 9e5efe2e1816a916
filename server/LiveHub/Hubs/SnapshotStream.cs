using LiveHub.Protocol;
using LiveHub.Snapshots;

namespace LiveHub.Hubs;

/// <summary>
/// The rows of a long snapshot on their way: some parts of their step at a time, between everything else that the connection is sent (rule 9). For its pump
/// alone.
/// </summary>
internal sealed class SnapshotStream(IReadOnlyList<EnteringShape> shapes)
{
    /// <summary>What is no more than this is written at once.</summary>
    private const int FewChunks = 8;

    /// <summary>Written before it is somebody else's turn.</summary>
    private const int TurnBytes = 256 * 1024;

    private readonly HashSet<EnteringShape> _begun = [];
    private readonly RowBuffer _buffer = new();
    private readonly Step _ops = new();
    private int _shape;
    private int _chunk;

    /// <summary>The step's number; null where nothing of it is written.</summary>
    public long? Number { get; private set; }

    public static bool IsFor(IReadOnlyList<EnteringShape> shapes)
    {
        var chunks = 0;
        foreach (var (_, _, _, rows) in shapes)
        {
            chunks += rows?.Chunks.Count ?? 0;
            if (chunks > FewChunks || rows?.Chunks[^1].IsHeld is false)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Writes the next parts.</summary>
    /// <param name="writer">The connection's.</param>
    /// <param name="open">Those of the shapes that are still wanted.</param>
    /// <returns>Whether they were the last.</returns>
    public async ValueTask<bool> WriteAsync(FrameWriter writer, List<EnteringShape> open)
    {
        var number = Number ??= writer.BeginLong();
        for (var bytes = 0; _shape < shapes.Count; _shape++, _chunk = 0)
        {
            var shape = shapes[_shape];
            if (shape.Rows is not { } rows || !open.Contains(shape))
            {
                continue;
            }

            _begun.Add(shape);
            for (; _chunk < rows.Chunks.Count; _chunk++)
            {
                if (bytes >= TurnBytes)
                {
                    return false;
                }

                var chunk = await rows.ReadAsync(_chunk, _buffer);
                _ops.Clear();
                _ops.AddSnapshot(shape.Member.Shape.Id, isFirst: _chunk == 0, chunk, rows.Transactions);
                await writer.WritePartsAsync(number, _ops);
                bytes += chunk.Length;
            }
        }

        return true;
    }

    /// <summary>
    /// Whether a shape of which rows were written is no longer wanted by who asked for it, and was asked for anew: the client would take these rows for those.
    /// </summary>
    public bool HasOther(List<EnteringShape> open, Subscriptions subscriptions)
    {
        var gone = _begun.Where(s => !open.Contains(s)).Select(s => s.Member.Shape.Id).ToHashSet();
        return gone.Count > 0 && subscriptions.Members().Exists(m => gone.Contains(m.Shape.Id));
    }

    /// <summary>Writes the end of the step.</summary>
    /// <param name="writer">The connection's.</param>
    /// <param name="rest">What joins the rows.</param>
    public ValueTask EndAsync(FrameWriter writer, Step rest)
    {
        var number = Number!.Value;
        Number = null;
        return writer.EndLongAsync(number, rest);
    }

    /// <summary>Has the client forget what it was sent. What is written next begins anew.</summary>
    public async ValueTask DropAsync(FrameWriter writer)
    {
        if (Number is { } number)
        {
            await writer.WriteAsync(ServerMessages.Dropped(number));
        }

        Number = null;
        (_shape, _chunk) = (0, 0);
        _begun.Clear();
    }
}
