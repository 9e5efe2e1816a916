using StackExchange.Redis;

namespace LiveHub.Redis;

/// <summary>Every key and channel, under an application's prefix: one hash tag, so that a cluster keeps them together.</summary>
internal sealed class RedisNames(string prefix)
{
    /// <summary>A hash: which log it is, its head, and what it takes.</summary>
    public RedisKey State { get; } = $"{{{prefix}}}:state";

    /// <summary>A stream: the log's entries, by their offsets.</summary>
    public RedisKey Log { get; } = $"{{{prefix}}}:log";

    /// <summary>A hash: the offset of each changeset in the log.</summary>
    public RedisKey Changesets { get; } = $"{{{prefix}}}:changesets";

    /// <summary>A hash: when each node was there last, by Redis's clock; with a plus, where its databases are those of the log.</summary>
    public RedisKey Nodes { get; } = $"{{{prefix}}}:nodes";

    /// <summary>Entries as they come, a new epoch, and the marks of nodes that listen.</summary>
    public string Channel { get; } = $"{{{prefix}}}:entries";
}
