namespace LiveHub;

/// <summary>Limits and times. Bind it from configuration or set it with <c>services.Configure&lt;LiveHubOptions&gt;(…)</c>; faults are reported at start-up.</summary>
public sealed class LiveHubOptions
{
    /// <summary>How far back the log reaches.</summary>
    public LogRetention LogRetention { get; set; } = new();

    /// <summary>Subscriptions that one connection may have open. From 1 to 100,000; default 1,000.</summary>
    public int MaxSubscriptionsPerConnection { get; set; } = 1_000;

    /// <summary>Keys in one subscription, and values in one <c>in</c> list. From 1 to 10,000 (a statement of PostgreSQL has 65,535 parameters); default 1,000.</summary>
    public int MaxKeys { get; set; } = 1_000;

    /// <summary>Terms in one <c>where</c>. From 1 to 100; default 10.</summary>
    public int MaxFilterTerms { get; set; } = 10;

    /// <summary>
    /// Bytes that the keys and filter values of one connection's open subscriptions may take in memory, estimated: about 200 for a number, and for a text twice its
    /// length besides. From 64 KiB to 1 GiB; default 16 MiB.
    /// </summary>
    public long MaxFilterBytesPerConnection { get; set; } = 16L << 20;

    /// <summary>Snapshots that are read from the database at one time; more wait their turn. From 1 to 1,000; default 8.</summary>
    public int MaxConcurrentSnapshots { get; set; } = 8;

    /// <summary>How long reading one snapshot may take. From 1 second to 10 minutes; default 30 seconds.</summary>
    public TimeSpan SnapshotTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a client that asks for a transaction (<c>live.seen</c>) waits for it to come. Most have come by then; one that never does was lost
    /// with the process that committed it, or is of another application. From 1 second to 10 minutes; default 30 seconds.
    /// </summary>
    public TimeSpan TransactionTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How often a connection whose rows do not change is told how far the log has come, so that its client can go on from there: less than the time that the log
    /// reaches back (<see cref="LogRetention"/>). From 1 second to 1 hour; default 15 seconds.
    /// </summary>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Bytes that the rows of one subscribe message may take, encoded; they are held until the connection has taken them (<see cref="SnapshotMemoryBytes"/>), and a connection's
    /// messages are read one after the other, besides a long one on its way. What is read again at one time may take as much; where it is more, the client asks for each again. From
    /// 64 KiB to 1 GiB; default 64 MiB, of which a page makes objects that take several times as much.
    /// </summary>
    public long MaxSnapshotBytes { get; set; } = 64L << 20;

    /// <summary>
    /// Bytes of the rows that are read at one time, for one subscribe message, which are held in memory, encoded; what is beyond waits for its readers in a temporary file, which nobody else can
    /// open (<see cref="Path.GetTempPath"/>). From 64 KiB to 1 GiB; default 16 MiB.
    /// </summary>
    public long SnapshotMemoryBytes { get; set; } = 16L << 20;

    /// <summary>
    /// Row diffs, and calls of <see cref="ILiveHub"/>, that may wait for one connection. Where a client falls further behind, they are dropped, and it is caught up from the log when it reads again:
    /// each row once, as it is then. From 100 to 1,000,000; default 2,000. A single changeset is never too much for its size alone.
    /// </summary>
    public int MaxQueuedRows { get; set; } = 2_000;
}

/// <summary>
/// How much of the log is kept; what comes first counts. What has come since a snapshot was begun that is not with its reader yet is kept for longer: for
/// <see cref="LiveHubOptions.SnapshotTimeout"/> and 60 seconds, but no more than four times the count and the bytes.
/// </summary>
public sealed class LogRetention
{
    /// <summary>Changesets. From 1 to 10,000,000; default 100,000.</summary>
    public int Count { get; set; } = 100_000;

    /// <summary>Bytes, estimated. At least 1 MiB; default 64 MiB.</summary>
    public long Bytes { get; set; } = 64L << 20;

    /// <summary>At least 1 second; default 10 minutes.</summary>
    public TimeSpan Age { get; set; } = TimeSpan.FromMinutes(10);
}
