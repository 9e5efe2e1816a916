using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Tests.Infrastructure;

namespace LiveHub.Tests.Capture;

/// <summary>What has come into an application's log since it was made.</summary>
internal sealed class LogOf
{
    private readonly IBackplane _log;
    private readonly long _start;

    private LogOf(IBackplane log, long start)
    {
        _log = log;
        _start = start;
    }

    public static async Task<LogOf> StartAsync(Shop shop) => new(shop.Log, (await shop.Log.ReadHeadAsync(default)).Offset);

    /// <summary>Waits until something has come.</summary>
    public async Task WaitAsync()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await using var entries = _log.ReadAsync(_start, timeout.Token).GetAsyncEnumerator(timeout.Token);
        await entries.MoveNextAsync();
    }

    public async Task<IReadOnlyList<LogEntry>> ReadEntriesAsync()
        => (await _log.ReadRangeAsync(_start, (await _log.ReadHeadAsync(default)).Offset, default))!;

    /// <summary>A list of texts a changeset: <c>Update Item 1 old name -> new name</c>.</summary>
    public async Task<IReadOnlyList<IReadOnlyList<string>>> ReadAsync()
        => [.. (await ReadEntriesAsync()).Select(e => (IReadOnlyList<string>)[.. e.Changeset.Changes.Select(Describe)])];

    private static string Describe(Change change)
        => $"{change.Operation} {change.Entity} {change.Key} {Name(change.Entity, change.Before)} -> {Name(change.Entity, change.After)}"
            .Replace("  ", " ", StringComparison.Ordinal).TrimEnd();

    private static string Name(Entity entity, Row? row)
        => row is not null && entity.Columns.FirstOrDefault(c => c.Name == "name") is { } column ? (string)row[column.Ordinal]! : "";
}
