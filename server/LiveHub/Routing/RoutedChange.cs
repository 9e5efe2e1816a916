using System.Buffers;
using System.Text.Json;
using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Protocol;
using LiveHub.Shapes;

namespace LiveHub.Routing;

/// <summary>
/// A change on its way to connections, with its row parts: each is serialized once, by the first that needs it, for all who
/// see the row through the same projection. A part is a row op's object, still open: the shapes follow.
/// </summary>
internal sealed class RoutedChange(Change change, Position position, TransactionId? transaction = null)
{
    private readonly Lock _lock = new();
    private List<(Projection Projection, bool IsFull, ReadOnlyMemory<byte> Part)>? _parts;
    private ReadOnlyMemory<byte> _keyOnly;

    public Change Change => change;

    public Position Position => position;

    /// <summary>The database's number for the change's transaction, where capture knows it.</summary>
    public TransactionId? Transaction => transaction;

    /// <summary>Whether a snapshot that sees no transaction from some number on may see this one.</summary>
    public bool IsBefore(TransactionId horizon) => transaction is { } id && id.Value < horizon.Value;

    /// <summary>What a kind of diff shows of the row.</summary>
    public ReadOnlyMemory<byte> Part(DiffKind kind, Projection projection) => kind switch
    {
        DiffKind.Insert => Full(projection),
        DiffKind.Update => Changed(projection),
        _ => KeyOnly(),
    };

    /// <summary>Key, version and all columns of the projection.</summary>
    public ReadOnlyMemory<byte> Full(Projection projection) => Find(projection, isFull: true);

    /// <summary>Key, version and the changed columns of the projection.</summary>
    public ReadOnlyMemory<byte> Changed(Projection projection) => Find(projection, isFull: false);

    /// <summary>Key and version.</summary>
    public ReadOnlyMemory<byte> KeyOnly()
    {
        lock (_lock)
        {
            if (_keyOnly.IsEmpty)
            {
                _keyOnly = Write(_ => { });
            }

            return _keyOnly;
        }
    }

    private ReadOnlyMemory<byte> Find(Projection projection, bool isFull)
    {
        lock (_lock)
        {
            foreach (var known in _parts ??= [])
            {
                if (known.IsFull == isFull && known.Projection.Equals(projection))
                {
                    return known.Part;
                }
            }

            var part = Write(writer =>
            {
                writer.WritePropertyName(isFull ? "row"u8 : "set"u8);
                if (isFull)
                {
                    RowWriter.WriteRow(writer, projection, change.After!);
                }
                else
                {
                    RowWriter.WriteChanged(writer, projection, change.After!, change.Changed);
                }
            });
            _parts.Add((projection, isFull, part));
            return part;
        }
    }

    private ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> columns)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        using var writer = new Utf8JsonWriter(buffer, WireJson.WriterOptions);
        writer.WriteStartObject();
        writer.WritePropertyName("key"u8);
        RowWriter.WriteKey(writer, change.Entity, (change.After ?? change.Before)!);
        writer.WriteNumber("version"u8, change.Version);
        columns(writer);
        writer.Flush();
        return buffer.WrittenMemory;
    }
}
