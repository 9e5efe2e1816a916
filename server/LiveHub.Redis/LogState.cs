using System.Globalization;
using LiveHub.Changes;
using StackExchange.Redis;

namespace LiveHub.Redis;

/// <summary>What Redis says of the log.</summary>
/// <param name="Now">Redis's clock.</param>
/// <param name="Epoch">Null where there is no log.</param>
/// <param name="Head">The newest entry.</param>
/// <param name="Lineage">Another one means another history of the database.</param>
/// <param name="Mode">How the nodes capture.</param>
/// <param name="Horizon">No snapshot that a node has read shows a transaction from here on.</param>
/// <param name="Nodes">When each node was there last; empty where that was not asked.</param>
internal sealed record LogState(
    DateTimeOffset Now, string? Epoch, Position Head, string? Lineage, string? Mode, TransactionId Horizon, IReadOnlyDictionary<string, DateTimeOffset> Nodes)
{
    public static LogState Read(RedisResult result)
    {
        var parts = (RedisResult[])result!;
        var nodes = (string[])parts[7]!;
        return new(
            Time((string)parts[0]!),
            (string?)parts[1],
            new(parts[2].IsNull ? 0 : Number((string)parts[2]!), LogFrame.ReadTag((byte[]?)parts[3])),
            (string?)parts[4],
            (string?)parts[5],
            new(parts[6].IsNull ? 0 : ulong.Parse((string)parts[6]!, CultureInfo.InvariantCulture)),
            nodes.Chunk(2).ToDictionary(n => n[0], n => Time(n[1]), StringComparer.Ordinal));
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.FromUnixTimeMilliseconds(Number(text));

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
