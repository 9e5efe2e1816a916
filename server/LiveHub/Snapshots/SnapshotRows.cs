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
internal sealed class SnapshotRows(Projection projection, SnapshotChunks all, TransactionSnapshot? transactions = null)
{
    private const int ChunkBytes = 24 * 1024;

    private readonly List<SnapshotChunk> _chunks = [];
    private readonly ArrayBufferWriter<byte> _chunk = new(1024);
    private readonly ArrayBufferWriter<byte> _row = new(256);

    public IReadOnlyList<SnapshotChunk> Chunks => _chunks;

    /// <summary>Which transactions they show, where the database can tell.</summary>
    public TransactionSnapshot? Transactions => transactions;

    public int Count { get; private set; }

    /// <summary>What all of them take.</summary>
    public long Bytes => _chunks.Sum(c => (long)c.Length);

    /// <summary>What the last row that was added takes.</summary>
    public int LastRowBytes => _row.WrittenCount;

    public ValueTask AddAsync(Utf8JsonWriter writer, Row row, CancellationToken cancellationToken)
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
                return EndChunkAndAddAsync(cancellationToken);
            }

            _chunk.Write(","u8);
        }

        _chunk.Write(_row.WrittenSpan);
        return ValueTask.CompletedTask;
    }

    /// <summary>The last row was added. There is one chunk at least, be it empty.</summary>
    public async ValueTask<SnapshotRows> CompleteAsync(CancellationToken cancellationToken)
    {
        if (_chunk.WrittenCount > 0 || _chunks.Count == 0)
        {
            await EndChunkAsync(cancellationToken);
        }

        return this;
    }

    /// <inheritdoc cref="SnapshotChunks.ReadAsync"/>
    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(int chunk, RowBuffer buffer) => all.ReadAsync(_chunks[chunk], buffer);

    private async ValueTask EndChunkAndAddAsync(CancellationToken cancellationToken)
    {
        await EndChunkAsync(cancellationToken);
        _chunk.Write(_row.WrittenSpan);
    }

    private async ValueTask EndChunkAsync(CancellationToken cancellationToken)
    {
        _chunk.Write("]}"u8);
        _chunks.Add(await all.AddAsync(_chunk.WrittenMemory, cancellationToken));
        _chunk.ResetWrittenCount();
    }
}
