using LiveHub.Changes;

namespace LiveHub.Backplane;

/// <summary>The ordered log that every node reads. Offsets are contiguous within an epoch.</summary>
internal interface IBackplane
{
    /// <summary>Which log this is; another epoch means that positions, versions and transaction ids of before mean nothing. Known once it is started.</summary>
    string Epoch { get; }

    /// <summary>What the entries come after that the log still holds.</summary>
    Position Begin { get; }

    /// <summary>The newest entry that this node has.</summary>
    Position Head { get; }

    /// <summary>No snapshot that a node has read shows a transaction from here on; of other nodes' snapshots as of the last <see cref="ReadHeadAsync"/>.</summary>
    TransactionId Horizon { get; }

    /// <summary>By how much the log's clock, which is the same for all nodes, is ahead of this node's.</summary>
    TimeSpan Skew => TimeSpan.Zero;

    /// <summary>Since when nothing is heard of the log, where that is so long that clients are not to show what they have as live; null while all is well.</summary>
    DateTimeOffset? SilentSince { get; }

    /// <summary>Connects to the log and takes over what it holds.</summary>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Completes when the log is heard; at once while all is well.</summary>
    Task WaitUntilHeardAsync(CancellationToken cancellationToken);

    /// <summary>A database has become another one (rule 8): what the log holds is dropped, and its readers find it trimmed.</summary>
    void BeginEpoch();

    /// <summary>What the log's entries come from, of a database; null where the log does not know it.</summary>
    DatabaseHistory? HistoryOf(string database);

    /// <summary>
    /// A database was seen, by whoever appends what is saved to it from here on. Where the log holds what was saved to another history of it, and nobody has noticed that before, it begins
    /// another epoch.
    /// </summary>
    /// <param name="seen">What was seen.</param>
    /// <param name="isAnother">It is not the one that this node, or the log, knew: the history is another one, or the same at an earlier place.</param>
    void Observe(DatabaseHistory seen, bool isAnother);

    /// <summary>Completes when somebody wants to know which databases this node is on: they are to be seen anew, though nothing seems to have happened to them.</summary>
    Task WaitUntilAskedAsync(CancellationToken cancellationToken);

    /// <summary>The process ends, and something that was committed here, or may be, will not come: other nodes' readers cannot rely on the log.</summary>
    void EndIncomplete();

    /// <summary>Takes a committed changeset. Never blocks on anything outside the process and never throws: the save is done.</summary>
    void Append(Changeset changeset);

    /// <summary>The newest position of all, after everything that this process has appended.</summary>
    /// <param name="shown">A snapshot was read that shows nothing of transactions from here on: see <see cref="Horizon"/>.</param>
    /// <exception cref="BackplaneSilentException">The log does not answer.</exception>
    ValueTask<Position> ReadHeadAsync(TransactionId shown, CancellationToken cancellationToken);

    /// <summary>
    /// All entries after an offset, in order, as they come. A reader who has waited may go on in the middle of an <see cref="Append"/>: what takes
    /// long, it does elsewhere.
    /// </summary>
    /// <exception cref="LogTrimmedException">The log no longer reaches back that far.</exception>
    IAsyncEnumerable<LogEntry> ReadAsync(long after, CancellationToken cancellationToken);
}

/// <summary>The log no longer holds what was asked for.</summary>
internal sealed class LogTrimmedException(long after, long first)
    : Exception($"The log was asked for what comes after offset {after}, but begins at {first}. Raise the log's retention.");

/// <summary>The log is somewhere else, and does not answer.</summary>
internal class BackplaneSilentException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The log is that of somebody else, who is on another database.</summary>
internal sealed class ForeignLogException(string message) : BackplaneSilentException(message);
