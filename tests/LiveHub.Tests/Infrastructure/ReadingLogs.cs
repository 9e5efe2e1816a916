using LiveHub.Changes;

namespace LiveHub.Backplane;

/// <summary>What tests want of a log besides.</summary>
internal static class ReadingLogs
{
    /// <summary>The newest position; where the log is silent, as soon as it is not.</summary>
    public static async ValueTask<Position> ReadHeadAsync(this IBackplane log, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await log.ReadHeadAsync(shown: default, cancellationToken);
            }
            catch (BackplaneSilentException)
            {
                await log.WaitUntilHeardAsync(cancellationToken);
            }
        }
    }

    /// <summary>The entries after one offset up to and with another, which are there or come; null where the log no longer reaches back that far.</summary>
    public static async ValueTask<IReadOnlyList<LogEntry>?> ReadRangeAsync(this IBackplane log, long after, long through, CancellationToken cancellationToken)
    {
        var entries = new List<LogEntry>();
        try
        {
            await using var reader = log.ReadAsync(after, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (after + entries.Count < through && await reader.MoveNextAsync())
            {
                entries.Add(reader.Current);
            }

            return entries;
        }
        catch (LogTrimmedException)
        {
            return null;
        }
    }
}
