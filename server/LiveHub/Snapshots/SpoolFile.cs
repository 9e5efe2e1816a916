namespace LiveHub.Snapshots;

/// <summary>Encoded rows in a temporary file. One writes it to its end; then any number may read it at once.</summary>
internal sealed class SpoolFile(FileStream file, SpoolFolder folder) : IDisposable
{
    private long _length;

    /// <summary>Adds bytes at the end.</summary>
    /// <returns>Where they are.</returns>
    public async ValueTask<long> AddAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var at = _length;
        try
        {
            await RandomAccess.WriteAsync(file.SafeFileHandle, bytes, at, cancellationToken);
        }
        catch (IOException e)
        {
            throw folder.Failed(e);
        }

        _length += bytes.Length;
        folder.Count(bytes.Length);
        return at;
    }

    public async ValueTask ReadAsync(long at, Memory<byte> bytes)
    {
        for (var read = 0; read < bytes.Length;)
        {
            var more = await RandomAccess.ReadAsync(file.SafeFileHandle, bytes[read..], at + read);
            read += more > 0 ? more : throw new EndOfStreamException("A temporary file with rows of a snapshot is shorter than what was written to it.");
        }
    }

    public void Dispose()
    {
        file.Dispose();
        folder.Count(-Interlocked.Exchange(ref _length, 0));
    }
}
