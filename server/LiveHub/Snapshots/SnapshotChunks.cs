namespace LiveHub.Snapshots;

/// <summary>Some encoded rows of a snapshot.</summary>
/// <param name="Held">Those that are in memory; empty where they are in the file.</param>
/// <param name="At">Where they are in the file.</param>
/// <param name="Length">In bytes.</param>
internal readonly record struct SnapshotChunk(ReadOnlyMemory<byte> Held, long At, int Length)
{
    public bool IsHeld => !Held.IsEmpty;
}

/// <summary>What was read in one database snapshot, encoded: in memory up to a bound, beyond it in a temporary file (rule 12).</summary>
internal sealed class SnapshotChunks(SpoolFolder folder, long memoryBytes) : IDisposable
{
    private SpoolFile? _file;
    private long _held;

    /// <summary>What all of it takes.</summary>
    public long Bytes { get; private set; }

    public async ValueTask<SnapshotChunk> AddAsync(ReadOnlyMemory<byte> rows, CancellationToken cancellationToken)
    {
        Bytes += rows.Length;
        if (_held + rows.Length <= memoryBytes)
        {
            _held += rows.Length;
            return new(rows.ToArray(), 0, rows.Length);
        }

        _file ??= folder.Open();
        return new(default, await _file.AddAsync(rows, cancellationToken), rows.Length);
    }

    /// <param name="chunk">Which.</param>
    /// <param name="buffer">Holds it as long as it is not read into again, where it comes from the file.</param>
    /// <exception cref="ObjectDisposedException">Nobody wants it any longer.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(SnapshotChunk chunk, RowBuffer buffer)
    {
        if (chunk.IsHeld)
        {
            return chunk.Held;
        }

        var bytes = buffer.Of(chunk.Length);
        await _file!.ReadAsync(chunk.At, bytes);
        return bytes;
    }

    public void Dispose() => _file?.Dispose();
}

/// <summary>Room for rows that are read back, used again and again.</summary>
internal sealed class RowBuffer
{
    private byte[] _bytes = [];

    public Memory<byte> Of(int length)
    {
        _bytes = _bytes.Length < length ? new byte[length] : _bytes;
        return _bytes.AsMemory(0, length);
    }
}
