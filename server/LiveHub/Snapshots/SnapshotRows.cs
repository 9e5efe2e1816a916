using System.Buffers;
using System.Text.Json;
using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Shapes;

namespace LiveHub.Snapshots;

/// <summary>
/// All rows of a shape at one moment of the database, encoded: in chunks that fit into one hub message each, every chunk
/// the rows separated by commas and followed by <c>]}</c>, as <see cref="Protocol.Step.AddSnapshot"/> takes them.
/// </summary>
internal sealed class SnapshotRows(Projection projection, TransactionSnapshot? transactions = null)
{
    private const int ChunkBytes = 24 * 1024;

    private readonly List<ReadOnlyMemory<byte>> _chunks = [];
    private readonly ArrayBufferWriter<byte> _chunk = new(1024);
    private readonly ArrayBufferWriter<byte> _row = new(256);

    public IReadOnlyList<ReadOnlyMemory<byte>> Chunks => _chunks;

    /// <summary>Which transactions they show, where the database can tell.</summary>
    public TransactionSnapshot? Transactions => transactions;

    public int Count { get; private set; }

    /// <summary>What all of them take.</summary>
    public long Bytes => _chunks.Sum(c => (long)c.Length);

    /// <summary>What the last row that was added takes.</summary>
    public int LastRowBytes => _row.WrittenCount;

    public void Add(Utf8JsonWriter writer, Row row)
    {
        Count++;
        _row.ResetWrittenCount();
        writer.Reset(_row);
        RowWriter.WriteRow(writer, projection, row);
        writer.Flush();
        if (_chunk.WrittenCount > 0)
        {
            if (_chunk.WrittenCount + _row.WrittenCount > ChunkBytes)
            {
                EndChunk();
            }
            else
            {
                _chunk.Write(","u8);
            }
        }

        _chunk.Write(_row.WrittenSpan);
    }

    /// <summary>The last row was added. There is one chunk at least, be it empty.</summary>
    public SnapshotRows Complete()
    {
        if (_chunk.WrittenCount > 0 || _chunks.Count == 0)
        {
            EndChunk();
        }

        return this;
    }

    private void EndChunk()
    {
        _chunk.Write("]}"u8);
        _chunks.Add(_chunk.WrittenSpan.ToArray());
        _chunk.ResetWrittenCount();
    }
}
