namespace LiveHub.Redis;

/// <summary>
/// Where the log is that the nodes of an application share, and what bounds the way to it. Set it with <c>UseRedis</c>, or bind it from configuration with
/// <c>services.Configure&lt;RedisOptions&gt;(…)</c>; faults are reported at start-up. How far back the log reaches is <see cref="LiveHubOptions.LogRetention"/>.
/// </summary>
public sealed class RedisOptions
{
    /// <summary>
    /// A connection string of StackExchange.Redis, for example <c>"localhost:6379,password=…"</c>. Redis 5 or later; a primary, not a replica. Required. What decides
    /// how long LiveHub waits is <see cref="CommandTimeout"/>, whatever it says.
    /// </summary>
    public string Configuration { get; set; } = "";

    /// <summary>
    /// What the names of all keys and channels begin with, in braces, so that a cluster keeps them together: <c>{livehub}:log</c>. The nodes of an application have one, and no other
    /// application on the same Redis has it. From 1 to 100 characters, without braces and white space; default <c>livehub</c>.
    /// </summary>
    public string Prefix { get; set; } = "livehub";

    /// <summary>How long one command may take, connecting too, before Redis counts as away. From 100 milliseconds to 1 minute; default 5 seconds.</summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a node makes sure that it still hears the log. From 100 milliseconds to 2 seconds; default 1 second.</summary>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Whether the application starts although Redis cannot be reached, or refuses: its health is degraded until it can, and readers wait. Otherwise the start fails with an error
    /// that says why. Default false.
    /// </summary>
    public bool StartWithoutRedis { get; set; }

    /// <summary>
    /// Changesets of this node that may wait while Redis is away. With one more they are all given up, and the readers of all nodes start again from snapshots when it is back. From 1 to
    /// 1,000,000; default 10,000.
    /// </summary>
    public int MaxQueuedChangesets { get; set; } = 10_000;

    /// <summary>Bytes, estimated, that they may take, with the same end. From 64 KiB to 1 GiB; default 64 MiB.</summary>
    public long MaxQueuedBytes { get; set; } = 64L << 20;
}
