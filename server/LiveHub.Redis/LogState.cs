using System.Globalization;
using LiveHub.Backplane;
using LiveHub.Changes;
using StackExchange.Redis;

namespace LiveHub.Redis;

/// <summary>What Redis says of the log.</summary>
/// <param name="Now">Redis's clock.</param>
/// <param name="Epoch">Null where there is no log.</param>
/// <param name="Head">The newest entry.</param>
/// <param name="Lineage">Another one means another history of a database.</param>
/// <param name="Mode">How the nodes capture.</param>
/// <param name="Format">Of the entries and of this.</param>
/// <param name="Horizon">No snapshot that a node has read shows a transaction from here on.</param>
/// <param name="Databases">What the log is of, by the databases' names.</param>
/// <param name="Nodes">When each node was there last; empty where that was not asked.</param>
internal sealed record LogState(
    DateTimeOffset Now, string? Epoch, Position Head, string? Lineage, string? Mode, long Format, TransactionId Horizon, IReadOnlyDictionary<string, DatabaseHistory> Databases,
    IReadOnlyDictionary<string, DateTimeOffset> Nodes)
{
    /// <summary>What the names of fields begin with that hold a database's highest version.</summary>
    public const string Version = "version:";

    private const string History = "history:";
    private const int LineageLength = 16;

    public static LogState Read(RedisResult result)
    {
        var parts = (RedisResult[])result!;
        var fields = ((byte[][])parts[1]!).Chunk(2).ToDictionary(f => Text(f[0])!, f => f[1], StringComparer.Ordinal);
        return new(
            Time((string)parts[0]!),
            Text(fields.GetValueOrDefault("epoch")),
            new(Number(Text(fields.GetValueOrDefault("head"))), LogFrame.ReadTag(fields.GetValueOrDefault("tag"))),
            Text(fields.GetValueOrDefault("lineage")),
            Text(fields.GetValueOrDefault("mode")),
            Number(Text(fields.GetValueOrDefault("format"))),
            new((ulong)Number(Text(fields.GetValueOrDefault("horizon")))),
            fields.Keys.Where(name => name.StartsWith(History, StringComparison.Ordinal)).Select(name => name[History.Length..])
                .ToDictionary(name => name, name => ReadDatabase(name, fields), StringComparer.Ordinal),
            ((string[])parts[2]!).Chunk(2).ToDictionary(n => n[0], n => Time(n[1].TrimEnd('+')), StringComparer.Ordinal));
    }

    private static DatabaseHistory ReadDatabase(string name, Dictionary<string, byte[]> fields)
    {
        var text = Text(fields[History + name])!;
        return new(name, text[LineageLength..], Number(Text(fields.GetValueOrDefault(Version + name))), text[..LineageLength]);
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.FromUnixTimeMilliseconds(Number(text));

    private static long Number(string? text) => text is null ? 0 : long.Parse(text, CultureInfo.InvariantCulture);

    private static string? Text(byte[]? bytes) => bytes is null ? null : System.Text.Encoding.UTF8.GetString(bytes);
}
