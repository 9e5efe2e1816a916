using LiveHub.Changes;

namespace LiveHub.Backplane;

/// <summary>The ordered log that every node reads. Offsets are contiguous and start at 1.</summary>
internal interface IBackplane
{
    /// <summary>Which log this is; another epoch means that positions, versions and transaction ids of before mean nothing.</summary>
    string Epoch { get; }

    /// <summary>The database has become another one (rule 8): what the log holds is dropped, and its readers find it trimmed.</summary>
    void BeginEpoch();

    /// <summary>Takes a committed changeset. Never blocks on anything outside the process and never throws: the save is done.</summary>
    void Append(Changeset changeset);

    /// <summary>The newest position, after everything that this process has appended.</summary>
    ValueTask<Position> ReadHeadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// All entries after an offset, in order, as they come. A reader who has waited may go on in the middle of an <see cref="Append"/>: what takes
    /// long, it does elsewhere.
    /// </summary>
    /// <exception cref="LogTrimmedException">The log no longer reaches back that far.</exception>
    IAsyncEnumerable<LogEntry> ReadAsync(long after, CancellationToken cancellationToken);

    /// <summary>The entries after one offset up to and with another that is not beyond the head; null where the log no longer reaches back that far.</summary>
    ValueTask<IReadOnlyList<LogEntry>?> ReadRangeAsync(long after, long through, CancellationToken cancellationToken);
}

/// <summary>The log no longer holds what was asked for.</summary>
internal sealed class LogTrimmedException(long after, long first)
    : Exception($"The log was asked for what comes after offset {after}, but begins at {first}. Raise the log's retention.");
