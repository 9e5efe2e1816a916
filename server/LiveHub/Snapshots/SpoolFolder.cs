using LiveHub.Diagnostics;

namespace LiveHub.Snapshots;

/// <summary>Where the rows of snapshots go that are not held in memory.</summary>
internal sealed class SpoolFolder(LiveHubMetrics metrics, string path)
{
    public SpoolFolder(LiveHubMetrics metrics)
        : this(metrics, Path.GetTempPath())
    {
    }

    /// <summary>A file that nobody else can open, and that is gone with its handle, also when the process is killed.</summary>
    /// <exception cref="IOException">There cannot be one, or not here.</exception>
    public SpoolFile Open()
    {
        var name = Path.Combine(path, $"livehub-{Guid.NewGuid():N}.rows");
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Delete,
            Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            var file = new FileStream(name, options);
            if (!OperatingSystem.IsWindows())
            {
                File.Delete(name);
            }

            return new(file, this);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failed(e);
        }
    }

    public void Count(long bytes) => metrics.Spooled(bytes);

    public IOException Failed(Exception exception)
        => new($"Rows of a snapshot cannot be kept in a temporary file in '{path}'. Make room there, have temporary files elsewhere (TMPDIR), or raise SnapshotMemoryBytes.", exception);
}
